use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;

use crate::Result;

type PageFuture<I> = Pin<Box<dyn Future<Output = Result<ListPage<I>>> + Send>>;

/// A listing: a stream of items, page after page as it is polled; nothing is asked before. After an error it ends.
#[must_use = "a listing asks nothing before it is polled"]
pub struct Listing<I> {
    pages: Pages<I>,
    ready: VecDeque<I>,
}

/// The pages of a listing, for those who show pages or keep their tokens: a stream of at least one page.
#[must_use = "a listing asks nothing before it is polled"]
pub struct Pages<I> {
    fetch: Arc<dyn Fn(PageRequest) -> PageFuture<I> + Send + Sync>,
    next: Option<PageRequest>,
    under_way: Option<PageFuture<I>>,
}

/// One page of a listing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListPage<I> {
    /// The items, in ascending order of their ids.
    pub items: Vec<I>,
    /// Continues the listing, for a day; none when, and only when, there are no more.
    pub next_page_token: Option<String>,
}

/// What one page is asked with.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageRequest {
    pub(crate) size: i32,
    pub(crate) token: Option<String>,
    pub(crate) consistency_token: Option<String>,
    pub(crate) timeout: Option<Duration>,
}

impl<I> ListPage<I> {
    pub(crate) fn new(items: Vec<I>, next_page_token: String) -> Self {
        Self { items, next_page_token: Some(next_page_token).filter(|token| !token.is_empty()) }
    }
}

impl<I> Listing<I> {
    pub(crate) fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn(PageRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ListPage<I>>> + Send + 'static,
    {
        let fetch = Arc::new(move |page| -> PageFuture<I> { Box::pin(fetch(page)) });
        let pages = Pages { fetch, next: Some(PageRequest::default()), under_way: None };
        Self { pages, ready: VecDeque::new() }
    }

    /// How many items a page holds at most; 0 means 100, more than 1,000 is taken as 1,000.
    pub fn page_size(self, size: i32) -> Self {
        self.with(|page| page.size = size)
    }

    /// Continues where the page ended that gave this token, which works for a day.
    pub fn page_token(self, token: impl Into<String>) -> Self {
        self.with(|page| page.token = Some(token.into()))
    }

    /// Asks for answers at least as fresh as the write that gave this token. Writes of the same client need none.
    pub fn consistency_token(self, token: impl Into<String>) -> Self {
        self.with(|page| page.consistency_token = Some(token.into()))
    }

    /// How long the call for each page may take as a whole, instead of the client's.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|page| page.timeout = Some(timeout))
    }

    /// Gives pages instead of items.
    pub fn pages(self) -> Pages<I> {
        self.pages
    }

    fn with(mut self, change: impl FnOnce(&mut PageRequest)) -> Self {
        if let Some(next) = &mut self.pages.next {
            change(next);
        }
        self
    }
}

impl<I: Unpin> Stream for Listing<I> {
    type Item = Result<I>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(cx)) {
                Some(Ok(page)) => self.ready.extend(page.items),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<I> Stream for Pages<I> {
    type Item = Result<ListPage<I>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(request) = &this.next else { return Poll::Ready(None) };
        let page = this.under_way.get_or_insert_with(|| (this.fetch)(request.clone()));
        let outcome = ready!(page.as_mut().poll(cx));
        this.under_way = None;
        let following = outcome.as_ref().ok().and_then(|page| page.next_page_token.clone());
        this.next = match (this.next.take(), following) {
            (Some(request), Some(token)) => Some(PageRequest { token: Some(token), ..request }),
            _ => None,
        };
        Poll::Ready(Some(outcome))
    }
}

impl<I> fmt::Debug for Listing<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").field("next", &self.pages.next).finish_non_exhaustive()
    }
}

impl<I> fmt::Debug for Pages<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, TryStreamExt};

    use super::*;
    use crate::Error;

    /// Pages of two numbers each up to five.
    fn numbers() -> Listing<u32> {
        Listing::new(|page| async move {
            assert_eq!(page.size, 2);
            let from: u32 = page.token.map_or(0, |token| token.parse().unwrap_or_default());
            let next = if from < 4 { (from + 2).to_string() } else { String::new() };
            Ok(ListPage::new((from..(from + 2).min(5)).collect(), next))
        })
        .page_size(2)
    }

    #[tokio::test]
    async fn items_come_page_after_page() {
        assert_eq!(numbers().try_collect::<Vec<_>>().await.ok(), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(numbers().page_token("4").try_collect::<Vec<_>>().await.ok(), Some(vec![4]));
        let tokens = numbers().pages().map_ok(|page| page.next_page_token).try_collect::<Vec<_>>().await;
        assert_eq!(tokens.ok(), Some(vec![Some("2".into()), Some("4".into()), None]));
    }

    #[tokio::test]
    async fn a_listing_ends_with_its_error() {
        let mut listing = Listing::<u32>::new(|_| async { Err(Error::cut("gone")) });
        assert!(listing.next().await.is_some_and(|item| item.is_err()));
        assert!(listing.next().await.is_none());
    }
}
