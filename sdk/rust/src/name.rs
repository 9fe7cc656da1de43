//! Reads and checks the names of resources.

use crate::{Error, Result};

/// Checks an id as far as an address needs it: a slash would name something else. The rest is the server's to say.
pub(crate) fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::misuse("An id is not empty."));
    }
    if id.contains('/') {
        return Err(Error::misuse("An id holds no '/'."));
    }
    Ok(())
}

pub(crate) fn last_id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// The id of the space in a name; none when it is no such name.
pub(crate) fn space_id(name: &str) -> Option<&str> {
    name.strip_prefix("spaces/")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_names() {
        assert_eq!(space_id("spaces/k3f7/collections/movies"), Some("k3f7"));
        assert_eq!(space_id("spaces/k3f7"), Some("k3f7"));
        assert_eq!(space_id("apps/notes"), None);
        assert_eq!(last_id("spaces/k3f7/collections/movies/documents/m1"), "m1");
    }

    #[test]
    fn an_id_that_would_name_something_else_is_a_mistake() {
        assert!(check_id("m1").is_ok());
        assert!(check_id("").is_err_and(|error| error.is_misuse()));
        assert!(check_id("a/b").is_err_and(|error| error.is_misuse()));
    }
}
