use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::{Error, Result};

const PATIENCE: Duration = Duration::from_secs(5);

/// Counts the calls under way, so that closing can wait for them.
///
/// Every call waits for the client's end beside its answer, so only that is watched: a count that is would wake all of
/// them with each call.
#[derive(Debug)]
pub(crate) struct UnderWay {
    end: watch::Sender<End>,
    calls: Mutex<usize>,
    drained: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    is_closing: bool,
    is_closed: bool,
}

/// One call under way.
#[derive(Debug)]
pub(crate) struct Place<'a>(&'a UnderWay);

impl UnderWay {
    pub(crate) fn new() -> Self {
        Self { end: watch::Sender::new(End::default()), calls: Mutex::default(), drained: Notify::new() }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.end.borrow().is_closing
    }

    pub(crate) fn enter(&self) -> Result<Place<'_>> {
        // Looked at under the lock: whoever closes counts those that are in, and lets nobody in after that.
        let mut calls = self.lock();
        if self.is_closing() {
            return Err(Error::closed());
        }
        *calls += 1;
        Ok(Place(self))
    }

    /// Ends when the client begins to close.
    pub(crate) async fn closing(&self) {
        self.until(|end| end.is_closing).await;
    }

    /// Ends when calls under way have had their time.
    pub(crate) async fn closed(&self) {
        self.until(|end| end.is_closed).await;
    }

    /// Refuses new calls, and gives those under way their time.
    pub(crate) async fn close(&self) {
        {
            let _calls = self.lock();
            self.end.send_modify(|end| end.is_closing = true);
        }
        // Either way the client is closed then.
        let _ = tokio::time::timeout(PATIENCE, self.drain()).await;
        self.end.send_modify(|end| end.is_closed = true);
    }

    async fn drain(&self) {
        loop {
            let mut drained = pin!(self.drained.notified());
            // From here on nothing is missed, whoever else waits.
            drained.as_mut().enable();
            if *self.lock() == 0 {
                return;
            }
            drained.await;
        }
    }

    async fn until(&self, is_so: impl FnMut(&End) -> bool) {
        // The sender lives as long as this borrow, so that waiting cannot fail.
        let _ = self.end.subscribe().wait_for(is_so).await;
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut calls = self.0.lock();
        *calls -= 1;
        if *calls == 0 {
            self.0.drained.notify_waiters();
        }
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
