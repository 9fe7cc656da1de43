use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::page::FeedPage;
use super::shared_stream::SharedStream;
use super::snapshot_state::ReaderId;
use super::snapshots::{SharedView, SnapshotReader};
use super::subscribe::PageSink;
use super::subscription_state::ScopeId;
use crate::Error;
use crate::calls::Connection;

/// The way to the stream that all followers of a client share. It runs while somebody follows.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    commands: Mutex<Option<mpsc::UnboundedSender<Command>>>,
    count: AtomicU64,
}

/// What readers tell the shared stream.
#[derive(Debug)]
pub(super) enum Command {
    FollowPages { scope: ScopeId, follower: Follower, resume_token: Option<String>, is_at_checkpoint: bool },
    FollowView { space: String, collection: String, reply: oneshot::Sender<SnapshotReader> },
    LeavePages(ScopeId),
    LeaveView { scope: ScopeId, reader: ReaderId },
}

/// Who follows one scope.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) space: String,
    pub(super) collection: String,
    /// A consistency token of the caller's, until the first checkpoint.
    pub(super) given: Option<String>,
    /// What the client quoted by itself when the present stream was opened.
    pub(super) quoted: Vec<String>,
    pub(super) sink: Sink,
}

#[derive(Debug)]
pub(super) enum Sink {
    Pages(PageSink),
    View(Arc<SharedView>),
}

impl Follower {
    pub(super) fn new(space: &str, collection: &str, given: Option<String>, sink: Sink) -> Self {
        Self { space: space.to_owned(), collection: collection.to_owned(), given, quoted: Vec::new(), sink }
    }

    pub(super) fn name(&self) -> String {
        format!("spaces/{}/collections/{}", self.space, self.collection)
    }

    /// True while there is no place for a page.
    pub(super) fn is_stalled(&self) -> bool {
        matches!(&self.sink, Sink::Pages(sink) if sink.pages.capacity() == 0)
    }

    pub(super) fn is_gone(&self) -> bool {
        match &self.sink {
            Sink::Pages(sink) => sink.pages.is_closed(),
            Sink::View(view) => !view.has_readers(),
        }
    }

    /// Gives a page, for which there is a place, or which may be missed.
    pub(super) fn give(&self, page: FeedPage) {
        match &self.sink {
            // A reader that has no place, or is gone, misses a token and no change.
            Sink::Pages(sink) => _ = sink.pages.try_send(page),
            Sink::View(view) => view.apply(page),
        }
    }

    pub(super) fn end(&self, reason: &Error) {
        match &self.sink {
            Sink::Pages(sink) => sink.end(reason),
            Sink::View(view) => view.end(reason),
        }
    }
}

impl Hub {
    pub(super) fn next_scope(&self) -> ScopeId {
        ScopeId(self.next())
    }

    pub(super) fn next_reader(&self) -> ReaderId {
        ReaderId(self.next())
    }

    /// Tells the shared stream something, and begins it where nobody followed anything; within a runtime.
    pub(super) fn send(&self, connection: &Arc<Connection>, command: Command) {
        let mut commands = self.lock();
        let unsent = match commands.as_ref() {
            Some(running) => running.send(command).err().map(|unsent| unsent.0),
            None => Some(command),
        };
        if let Some(command) = unsent {
            let (sender, pending) = mpsc::unbounded_channel();
            // It cannot fail: the receiver is here.
            let _ = sender.send(command);
            *commands = Some(sender);
            tokio::spawn(SharedStream::new(connection.clone(), pending).run());
        }
    }

    /// Tells the shared stream something that matters only while it runs.
    pub(super) fn tell(&self, command: Command) {
        if let Some(running) = &*self.lock() {
            // One that has just ended has let all of its followers go.
            let _ = running.send(command);
        }
    }

    /// Ends the shared stream unless somebody has told it something.
    pub(super) fn retire(&self, pending: &mpsc::UnboundedReceiver<Command>) -> bool {
        let mut commands = self.lock();
        let is_idle = pending.is_empty();
        if is_idle {
            *commands = None;
        }
        is_idle
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<Command>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
