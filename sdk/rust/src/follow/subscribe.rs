use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::hub::{Command, Follower, Sink};
use super::page::{ChangePage, FeedPage};
use super::subscription_state::ScopeId;
use crate::calls::Connection;
use crate::collection::Collection;
use crate::{Error, Result};

/// How many pages are held ready for a reader.
pub(super) const HELD_READY: usize = 4;

type Pages<T> = Pin<Box<dyn Stream<Item = Result<ChangePage<T>>> + Send>>;

/// Pages of changes, one after another, without end; from [`Collection::subscribe`](crate::Collection::subscribe).
///
/// ```no_run
/// use futures_util::TryStreamExt;
///
/// # async fn example(movies: vibespace::Collection<vibespace::Object>, stored: Option<String>) -> vibespace::Result<()> {
/// let mut pages = movies.subscribe().resume_token(stored);
/// while let Some(page) = pages.try_next().await? {
///     println!("{} changes up to {}", page.changes.len(), page.resume_token);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is followed before the stream is polled"]
pub struct Subscribe<T>(Stage<T>);

enum Stage<T> {
    Told { collection: Collection<T>, resume_token: Option<String>, consistency_token: Option<String> },
    Running(Pages<T>),
}

/// Where the pages of one reader go.
#[derive(Clone, Debug)]
pub(super) struct PageSink {
    pub(super) pages: mpsc::Sender<FeedPage>,
    end: Arc<OnceLock<Error>>,
}

impl PageSink {
    /// There are no more pages, for this reason.
    pub(super) fn end(&self, reason: &Error) {
        self.end.get_or_init(|| reason.clone());
    }
}

/// One reader of pages, from its beginning until it is dropped.
#[derive(Debug)]
struct PageReader {
    connection: Arc<Connection>,
    scope: ScopeId,
    pages: mpsc::Receiver<FeedPage>,
    end: Arc<OnceLock<Error>>,
}

impl<T> Subscribe<T> {
    pub(crate) fn new(collection: Collection<T>) -> Self {
        Self(Stage::Told { collection, resume_token: None, consistency_token: None })
    }

    /// Continues after the page that gave this token; without one it begins with a snapshot. A token that the server
    /// cannot continue from begins with a reset and is no error.
    pub fn resume_token(mut self, token: impl Into<Option<String>>) -> Self {
        if let Stage::Told { resume_token, .. } = &mut self.0 {
            *resume_token = token.into().filter(|token| !token.is_empty());
        }
        self
    }

    /// Asks that nothing older than the write that gave this token is taken for caught up. Writes of the same client
    /// need none.
    pub fn consistency_token(mut self, token: impl Into<String>) -> Self {
        if let Stage::Told { consistency_token, .. } = &mut self.0 {
            *consistency_token = Some(token.into());
        }
        self
    }
}

impl PageReader {
    fn begin<T>(collection: &Collection<T>, resume_token: Option<String>, given: Option<String>) -> Result<Self> {
        collection.check()?;
        let space = collection.space();
        let connection = &space.connection;
        connection.channel()?;
        let (sender, pages) = mpsc::channel(HELD_READY);
        let end = Arc::new(OnceLock::new());
        let scope = connection.hub.next_scope();
        let sink = Sink::Pages(PageSink { pages: sender, end: end.clone() });
        let follower = Follower::new(space.id(), collection.id(), given, sink);
        let command = Command::FollowPages { scope, follower, resume_token, is_at_checkpoint: false };
        connection.hub.send(connection, command);
        Ok(Self { connection: connection.clone(), scope, pages, end })
    }

    async fn next(&mut self) -> Result<FeedPage> {
        if self.connection.under_way.is_closing() {
            return Err(Error::closed());
        }
        tokio::select! {
            page = self.pages.recv() => page.ok_or_else(|| self.end.get().cloned().unwrap_or_else(Error::closed)),
            () = self.connection.under_way.closing() => Err(Error::closed()),
        }
    }
}

impl Drop for PageReader {
    fn drop(&mut self) {
        self.connection.hub.tell(Command::LeavePages(self.scope));
    }
}

fn pages<T: 'static>(reader: Result<PageReader>) -> Pages<T> {
    Box::pin(stream::unfold(Some(reader), |reader| async {
        match reader? {
            Ok(mut reader) => match reader.next().await {
                Ok(page) => Some((Ok(page.into_page()), Some(Ok(reader)))),
                Err(end) => Some((Err(end), None)),
            },
            Err(mistake) => Some((Err(mistake), None)),
        }
    }))
}

impl<T: 'static> Stream for Subscribe<T> {
    type Item = Result<ChangePage<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.0 {
                Stage::Running(pages) => return pages.poll_next_unpin(cx),
                Stage::Told { collection, resume_token, consistency_token } => {
                    let reader = PageReader::begin(collection, resume_token.take(), consistency_token.take());
                    self.0 = Stage::Running(pages(reader));
                }
            }
        }
    }
}

impl<T> fmt::Debug for Subscribe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribe").finish_non_exhaustive()
    }
}
