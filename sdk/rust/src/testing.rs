//! For the tests of apps.
