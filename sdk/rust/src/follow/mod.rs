//! Following collections: what readers get, the states behind it, and the stream that all followers of a client share.

mod catch_up;
mod hub;
mod page;
mod shared_stream;
mod snapshot_state;
mod snapshots;
mod subscribe;
mod subscription_state;

pub use page::{Change, ChangePage, RemovalCause};
pub use snapshots::{CollectionSnapshot, Documents, Snapshots};
pub use subscribe::Subscribe;

pub(crate) use hub::Hub;
