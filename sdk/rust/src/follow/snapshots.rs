use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::{oneshot, watch};

use super::hub::Command;
use super::page::{Change, FeedPage};
use super::snapshot_state::{Entry, ReaderId, SnapshotState, View};
use super::subscription_state::ScopeId;
use crate::calls::Connection;
use crate::collection::Collection;
use crate::document::{DocumentSnapshot, Stored};
use crate::{Error, Result};

/// Whole views of a collection, one after another, without end; from
/// [`Collection::snapshots`](crate::Collection::snapshots).
#[must_use = "nothing is followed before the stream is polled"]
pub struct Snapshots<T>(Pin<Box<dyn Stream<Item = Result<CollectionSnapshot<T>>> + Send>>);

/// A whole collection as the caller saw it at one moment.
#[non_exhaustive]
pub struct CollectionSnapshot<T> {
    /// The documents, in ascending order of their ids.
    pub documents: Documents<T>,
    /// The difference to the snapshot that the reader got before; for the first, all documents.
    pub changes: Vec<Change<T>>,
    /// True while the server stands behind this view. False after an attempt to reconnect failed; the documents are
    /// then the last that are known, and the client goes on trying.
    pub live: bool,
    /// Why the view is not live; none while it is.
    pub error: Option<Error>,
}

/// The documents of a view by id. It is cheap to clone.
pub struct Documents<T> {
    view: Arc<View>,
    content: PhantomData<fn() -> T>,
}

impl<T> Documents<T> {
    pub(super) fn new(view: Arc<View>) -> Self {
        Self { view, content: PhantomData }
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.view.len()
    }

    /// Tells whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.view.is_empty()
    }

    /// The document with this id, where it is there.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<DocumentSnapshot<T>> {
        self.view.get(id).cloned().map(DocumentSnapshot::new)
    }

    /// The ids in ascending order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.view.keys().map(String::as_str)
    }

    /// The documents in ascending order of their ids.
    #[must_use]
    pub fn iter(&self) -> DocumentsIter<'_, T> {
        DocumentsIter { documents: self.view.values(), content: PhantomData }
    }
}

impl<'a, T> IntoIterator for &'a Documents<T> {
    type Item = DocumentSnapshot<T>;
    type IntoIter = DocumentsIter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Gives the documents of a view.
pub struct DocumentsIter<'a, T> {
    documents: std::collections::btree_map::Values<'a, String, Arc<Stored>>,
    content: PhantomData<fn() -> T>,
}

impl<T> Iterator for DocumentsIter<'_, T> {
    type Item = DocumentSnapshot<T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.documents.next().cloned().map(DocumentSnapshot::new)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.documents.size_hint()
    }
}

impl<T> ExactSizeIterator for DocumentsIter<'_, T> {}

/// The one view that all readers of a collection take from.
#[derive(Debug)]
pub(super) struct SharedView {
    scope: ScopeId,
    state: Mutex<SnapshotState>,
    news: watch::Sender<()>,
    end: OnceLock<Error>,
}

/// One reader of a view, from its beginning until it is dropped.
#[derive(Debug)]
pub(super) struct SnapshotReader {
    connection: Arc<Connection>,
    view: Arc<SharedView>,
    id: ReaderId,
    news: watch::Receiver<()>,
}

impl SharedView {
    pub(super) fn new(scope: ScopeId) -> Self {
        Self { scope, state: Mutex::default(), news: watch::Sender::new(()), end: OnceLock::new() }
    }

    pub(super) fn add_reader(
        self: &Arc<Self>,
        connection: Arc<Connection>,
        id: ReaderId,
        entry: Entry,
    ) -> SnapshotReader {
        self.lock().add_reader(id, entry);
        SnapshotReader { connection, view: self.clone(), id, news: self.news.subscribe() }
    }

    /// Lets a reader go; true when it was the last one.
    pub(super) fn remove_reader(&self, id: ReaderId) -> bool {
        self.lock().remove_reader(id)
    }

    pub(super) fn has_readers(&self) -> bool {
        self.lock().has_readers()
    }

    pub(super) fn stream_opened(&self) {
        self.lock().stream_opened();
    }

    pub(super) fn apply(&self, page: FeedPage) {
        self.lock().apply(page);
        self.news.send_replace(());
    }

    pub(super) fn lose_touch(&self, cause: &Error) {
        self.lock().lose_touch(cause.clone());
        self.news.send_replace(());
    }

    pub(super) fn end(&self, reason: &Error) {
        self.end.get_or_init(|| reason.clone());
        self.news.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, SnapshotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SnapshotReader {
    async fn begin<T>(collection: &Collection<T>) -> Result<Self> {
        collection.check()?;
        let space = collection.space();
        let connection = &space.connection;
        connection.channel()?;
        let (reply, reader) = oneshot::channel();
        let (space, collection) = (space.id().to_owned(), collection.id().to_owned());
        connection.hub.send(connection, Command::FollowView { space, collection, reply });
        reader.await.map_err(|_| Error::closed())
    }

    async fn next<T>(&mut self) -> Result<CollectionSnapshot<T>> {
        loop {
            if self.connection.under_way.is_closing() {
                return Err(Error::closed());
            }
            self.news.mark_unchanged();
            if let Some(snapshot) = self.view.lock().take(self.id) {
                return Ok(snapshot);
            }
            if let Some(reason) = self.view.end.get() {
                return Err(reason.clone());
            }
            tokio::select! {
                // The view lives as long as its reader, so that waiting cannot fail.
                _ = self.news.changed() => {}
                () = self.connection.under_way.closing() => {}
            }
        }
    }
}

impl Drop for SnapshotReader {
    fn drop(&mut self) {
        self.connection.hub.tell(Command::LeaveView { scope: self.view.scope, reader: self.id });
    }
}

impl<T: 'static> Snapshots<T> {
    pub(crate) fn new(collection: Collection<T>) -> Self {
        let readers = stream::once(async move { SnapshotReader::begin(&collection).await });
        let views = readers.flat_map(|reader| {
            stream::unfold(Some(reader), |reader| async {
                match reader? {
                    Ok(mut reader) => match reader.next().await {
                        Ok(view) => Some((Ok(view), Some(Ok(reader)))),
                        Err(end) => Some((Err(end), None)),
                    },
                    Err(mistake) => Some((Err(mistake), None)),
                }
            })
        });
        Self(Box::pin(views))
    }
}

impl<T> Stream for Snapshots<T> {
    type Item = Result<CollectionSnapshot<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for Snapshots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

impl<T> Clone for CollectionSnapshot<T> {
    fn clone(&self) -> Self {
        Self {
            documents: self.documents.clone(),
            changes: self.changes.clone(),
            live: self.live,
            error: self.error.clone(),
        }
    }
}

impl<T> fmt::Debug for CollectionSnapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectionSnapshot")
            .field("documents", &self.documents)
            .field("changes", &self.changes)
            .field("live", &self.live)
            .field("error", &self.error)
            .finish()
    }
}

impl<T> Clone for Documents<T> {
    fn clone(&self) -> Self {
        Self::new(self.view.clone())
    }
}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> fmt::Debug for DocumentsIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentsIter").finish_non_exhaustive()
    }
}
