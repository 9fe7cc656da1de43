use std::fmt;
use std::sync::Arc;

use crate::document::{DocumentSnapshot, Stored};
use crate::generated::vibe::sync::v1 as wire;

/// Why a document went away, as far as the caller may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemovalCause {
    /// The caller does not see the document any more, and no more than that is told.
    NoLongerVisible,
    /// The document was deleted.
    Deleted,
}

/// What happened to one document.
#[non_exhaustive]
pub struct Change<T> {
    /// The document's id.
    pub id: String,
    /// The document's present state, which takes the place of what the reader has; none when it went away.
    pub document: Option<DocumentSnapshot<T>>,
    /// Why the document went away; none when it is there.
    pub cause: Option<RemovalCause>,
}

/// Changes that belong together.
///
/// Whoever holds the documents applies all of them and stores the token in one transaction: on `reset` begin a new
/// generation; put each change with that generation, or drop it; on `live` drop older generations; always store
/// `resume_token`.
#[non_exhaustive]
pub struct ChangePage<T> {
    /// The changes, in the order in which to apply them, each document at most once; may be empty.
    pub changes: Vec<Change<T>>,
    /// True when the page begins a snapshot. Keep what you have, and at the next `live`, also across restarts, drop
    /// every document that no page from this one on has put.
    pub reset: bool,
    /// True when with this page the reader holds exactly what the caller sees of the collection at one moment. Between
    /// such pages it may hold newer states of some documents beside older ones of others.
    pub live: bool,
    /// Continues after this page, through [`Subscribe::resume_token`](crate::Subscribe::resume_token); at most 512
    /// characters.
    pub resume_token: String,
}

/// A page of the feed before its documents have a type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FeedPage {
    pub(super) changes: Vec<FeedChange>,
    pub(super) is_reset: bool,
    pub(super) is_live: bool,
    pub(super) resume_token: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum FeedChange {
    Put(Arc<Stored>),
    Removed { id: String, cause: RemovalCause },
}

impl FeedPage {
    pub(super) fn from_wire(page: wire::Page) -> Self {
        Self {
            changes: page.changes.into_iter().map(FeedChange::from_wire).collect(),
            is_reset: page.reset,
            is_live: page.checkpoint.is_some(),
            resume_token: page.resume_token,
        }
    }

    pub(super) fn into_page<T>(self) -> ChangePage<T> {
        ChangePage {
            changes: self.changes.into_iter().map(FeedChange::into_change).collect(),
            reset: self.is_reset,
            live: self.is_live,
            resume_token: self.resume_token,
        }
    }
}

impl FeedChange {
    fn from_wire(change: wire::Change) -> Self {
        let id = change.document_id;
        match change.kind {
            Some(wire::change::Kind::Put(put)) => Self::Put(Arc::new(Stored::from_put(id, put))),
            Some(wire::change::Kind::Removed(removed)) if removed.cause() == wire::RemovalCause::Deleted => {
                Self::Removed { id, cause: RemovalCause::Deleted }
            }
            _ => Self::Removed { id, cause: RemovalCause::NoLongerVisible },
        }
    }

    fn into_change<T>(self) -> Change<T> {
        match self {
            Self::Put(stored) => Change::put(stored),
            Self::Removed { id, cause } => Change { id, document: None, cause: Some(cause) },
        }
    }
}

impl<T> Change<T> {
    pub(super) fn put(stored: Arc<Stored>) -> Self {
        Self { id: stored.id.clone(), document: Some(DocumentSnapshot::new(stored)), cause: None }
    }
}

impl<T> Clone for Change<T> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), document: self.document.clone(), cause: self.cause }
    }
}

impl<T> fmt::Debug for Change<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("id", &self.id).field("cause", &self.cause).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ChangePage<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangePage")
            .field("changes", &self.changes)
            .field("reset", &self.reset)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}
