//! What the client keeps per space: the consistency tokens of its writes and the places for writes in flight.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::name;

/// The most tokens that the server takes, and the most writes of a space in flight.
pub(crate) const LIMIT: usize = 32;

pub(crate) const ME: &str = "me";

/// The tokens of one space's writes that a read must quote to see them all.
///
/// Tokens are opaque, so of two writes in flight nobody knows which is the later; a token is dropped only when a write
/// that was sent after it arrived is acknowledged. What is kept was therefore all in flight at once, and is never more
/// than the writes allowed there.
#[derive(Debug, Default)]
pub(crate) struct ConsistencyTokens(Mutex<Vec<Kept>>);

#[derive(Clone, Debug)]
struct Kept {
    token: String,
    arrived: u64,
}

impl ConsistencyTokens {
    /// Takes in a write's acknowledgement, by the counts when it was first sent and when it arrived.
    pub(crate) fn acknowledge(&self, token: String, sent: u64, arrived: u64) {
        let mut kept = self.lock();
        kept.retain(|kept| kept.arrived >= sent);
        kept.push(Kept { token, arrived });
    }

    pub(crate) fn to_quote(&self) -> Vec<String> {
        let kept = self.lock();
        kept.iter().skip(kept.len().saturating_sub(LIMIT)).map(|kept| kept.token.clone()).collect()
    }

    /// Drops tokens that the server does not know any more.
    pub(crate) fn forget(&self, tokens: &[String]) {
        self.lock().retain(|kept| !tokens.contains(&kept.token));
    }

    /// Takes over what was kept for the same space under another name.
    fn take_over(&self, other: &Self) {
        let taken = std::mem::take(&mut *other.lock());
        let mut kept = self.lock();
        kept.extend(taken);
        kept.sort_by_key(|kept| kept.arrived);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the client keeps for one space.
#[derive(Debug)]
pub(crate) struct SpaceLedger {
    pub(crate) tokens: ConsistencyTokens,
    /// Bounds the writes in flight, and with them the tokens to quote and the server's queue.
    pub(crate) places: Semaphore,
}

/// The ledgers of all spaces, told apart by id; the one behind `me` is learned from the first answer that names it.
#[derive(Debug, Default)]
pub(crate) struct SpaceLedgers {
    count: AtomicU64,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    me: Option<String>,
    ledgers: HashMap<String, Arc<SpaceLedger>>,
}

impl Known {
    fn resolve<'a>(&'a self, space: &'a str) -> &'a str {
        if space == ME { self.me.as_deref().unwrap_or(ME) } else { space }
    }
}

impl SpaceLedgers {
    /// Counts on; the order of sending and arriving over all spaces.
    pub(crate) fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn of(&self, space: &str) -> Arc<SpaceLedger> {
        let mut known = self.lock();
        let id = known.resolve(space).to_owned();
        let ledger = known.ledgers.entry(id).or_insert_with(|| {
            Arc::new(SpaceLedger { tokens: ConsistencyTokens::default(), places: Semaphore::new(LIMIT) })
        });
        ledger.clone()
    }

    /// The id of a space, where `me` is known; else the id as it is.
    pub(crate) fn resolve(&self, space: &str) -> String {
        self.lock().resolve(space).to_owned()
    }

    /// Notes which space stood behind the one that was asked for.
    pub(crate) fn learn(&self, asked_for: &str, answered_name: &str) {
        let Some(id) = name::space_id(answered_name).filter(|id| asked_for == ME && *id != ME) else { return };
        let mut known = self.lock();
        if known.me.is_none()
            && let Some(nameless) = known.ledgers.get(ME).cloned()
        {
            known.ledgers.entry(id.to_owned()).or_insert_with(|| nameless.clone());
            if let Some(ledger) = known.ledgers.get(id).filter(|ledger| !Arc::ptr_eq(ledger, &nameless)) {
                ledger.tokens.take_over(&nameless.tokens);
            }
        }
        known.me = Some(id.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_when_a_write_that_was_sent_after_it_is_acknowledged() {
        let tokens = ConsistencyTokens::default();
        tokens.acknowledge("a".into(), 0, 2);
        tokens.acknowledge("b".into(), 1, 3); // was in flight beside a
        assert_eq!(tokens.to_quote(), ["a", "b"]);
        tokens.acknowledge("c".into(), 4, 5);
        assert_eq!(tokens.to_quote(), ["c"]);
        tokens.forget(&["c".into()]);
        assert!(tokens.to_quote().is_empty());
    }

    #[test]
    fn no_more_tokens_are_quoted_than_the_server_takes() {
        let tokens = ConsistencyTokens::default();
        for arrived in 0..40 {
            tokens.acknowledge(arrived.to_string(), 0, arrived);
        }
        let quoted = tokens.to_quote();
        assert_eq!((quoted.len(), quoted.last().map(String::as_str)), (LIMIT, Some("39")));
    }

    #[test]
    fn what_was_written_to_me_is_quoted_for_the_id_behind_it() {
        let spaces = SpaceLedgers::default();
        spaces.of("k3f7").tokens.acknowledge("b".into(), 0, 2);
        spaces.of(ME).tokens.acknowledge("a".into(), 0, 1);
        spaces.learn(ME, "spaces/k3f7/collections/movies/documents/m1");
        assert_eq!(spaces.resolve(ME), "k3f7");
        assert_eq!(spaces.of(ME).tokens.to_quote(), ["a", "b"]);
        spaces.learn("other", "spaces/other");
        assert_eq!(spaces.resolve(ME), "k3f7");
    }
}
