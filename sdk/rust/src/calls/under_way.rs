use std::time::Duration;

use tokio::sync::watch;

use crate::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(5);

/// Counts the calls under way, so that closing can wait for them.
#[derive(Debug)]
pub(crate) struct UnderWay(watch::Sender<Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    calls: usize,
    is_closing: bool,
    is_closed: bool,
}

/// One call under way.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a UnderWay);

impl UnderWay {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Count::default()))
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.0.borrow().is_closing
    }

    pub(crate) fn enter(&self) -> Result<Place<'_>> {
        let is_in = self.0.send_if_modified(|count| {
            count.calls += usize::from(!count.is_closing);
            !count.is_closing
        });
        if is_in { Ok(Place(self)) } else { Err(Error::closed()) }
    }

    /// Ends when the client begins to close.
    pub(crate) async fn closing(&self) {
        self.until(|count| count.is_closing).await;
    }

    /// Ends when calls under way have had their time.
    pub(crate) async fn closed(&self) {
        self.until(|count| count.is_closed).await;
    }

    /// Refuses new calls, and gives those under way their time.
    pub(crate) async fn close(&self) {
        self.0.send_modify(|count| count.is_closing = true);
        let drained = self.until(|count| count.calls == 0);
        // Either way the client is closed then.
        let _ = tokio::time::timeout(PATIENCE, drained).await;
        self.0.send_modify(|count| count.is_closed = true);
    }

    async fn until(&self, is_so: impl FnMut(&Count) -> bool) {
        // The sender lives as long as this borrow, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(is_so).await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| count.calls -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_waits_for_calls_and_refuses_new_ones() {
        let under_way = UnderWay::new();
        let began = tokio::time::Instant::now();
        let place = under_way.enter();
        assert!(place.is_ok());
        tokio::join!(under_way.close(), async {
            under_way.closing().await;
            assert!(under_way.enter().is_err_and(|error| error.is_misuse()));
            tokio::time::sleep(Duration::from_secs(2)).await;
            drop(place);
        });
        assert_eq!(began.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_waits_five_seconds_at_most() {
        let under_way = UnderWay::new();
        let began = tokio::time::Instant::now();
        let _place = under_way.enter();
        under_way.close().await;
        under_way.closed().await;
        assert_eq!(began.elapsed(), Duration::from_secs(5));
    }
}
