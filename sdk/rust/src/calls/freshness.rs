use std::sync::{Mutex, PoisonError};

use super::Connection;
use super::ledgers::LIMIT;

/// The consistency tokens that one read quotes: the caller's, and those of the client's own writes.
#[derive(Debug)]
pub(crate) struct Freshness<'a> {
    connection: &'a Connection,
    space: &'a str,
    given: Option<&'a str>,
    automatic: Mutex<Vec<String>>,
}

impl<'a> Freshness<'a> {
    pub(crate) fn new(connection: &'a Connection, space: &'a str, given: Option<&'a str>) -> Self {
        let automatic = Mutex::new(connection.spaces.of(space).tokens.to_quote());
        Self { connection, space, given, automatic }
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        let automatic = self.automatic.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(given) = self.given else { return automatic.clone() };
        let kept = automatic.iter().skip((automatic.len() + 1).saturating_sub(LIMIT));
        std::iter::once(given.to_owned()).chain(kept.cloned()).collect()
    }

    /// Drops the client's own, here and for later reads; false when there are none.
    pub(crate) fn forget(&self) -> bool {
        let mut automatic = self.automatic.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = std::mem::take(&mut *automatic);
        self.connection.spaces.of(self.space).tokens.forget(&forgotten);
        !forgotten.is_empty()
    }
}
