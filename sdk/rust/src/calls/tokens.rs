use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Code;

use crate::error::BoxError;
use crate::{AccessToken, Error, Reason, Result, TokenSource};

const PATIENCE: Duration = Duration::from_secs(30);
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// Keeps the present access token and asks the source for the next, one question at a time.
#[derive(Clone, Debug)]
pub(crate) struct TokenCache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: TokenSource,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    present: Option<Present>,
    question: Option<watch::Receiver<Option<Result<AccessToken>>>>,
}

#[derive(Clone, Debug)]
struct Present {
    token: AccessToken,
    ends_at: Option<Instant>,
    renew_at: Option<Instant>,
}

impl Present {
    fn new(token: AccessToken) -> Self {
        let lifetime = token.remaining();
        // A token that lives shorter than two minutes is renewed at half its life, or every call would ask.
        let calm = lifetime.map(|lifetime| lifetime.saturating_sub(RENEW_BEFORE).max(lifetime / 2));
        let now = Instant::now();
        let after = |wait: Duration| now.checked_add(wait);
        Self { token, ends_at: lifetime.and_then(after), renew_at: calm.and_then(after) }
    }
}

impl TokenCache {
    pub(crate) fn new(source: TokenSource) -> Self {
        Self(Arc::new(Inner { source, state: Mutex::default() }))
    }

    /// Gives a token to call with; fails when the source failed (`UNAVAILABLE`) or gave nothing (`UNAUTHENTICATED`).
    pub(crate) async fn get(&self) -> Result<AccessToken> {
        let now = Instant::now();
        let present = self.lock().present.clone();
        if let Some(present) = &present
            && present.renew_at.is_none_or(|due| now < due)
        {
            return Ok(present.token.clone());
        }
        match (self.ask().await, present) {
            (Err(failure), Some(standing))
                if failure.code() == Code::Unavailable && standing.ends_at.is_some_and(|end| Instant::now() < end) =>
            {
                Ok(standing.token)
            }
            (answer, _) => answer,
        }
    }

    /// Gives the token that follows one which the server refused; none when there is none: signed out.
    pub(crate) async fn after_refusal(&self, refused: &AccessToken) -> Result<Option<AccessToken>> {
        {
            let mut state = self.lock();
            match &state.present {
                Some(present) if present.token.value() != refused.value() => return Ok(Some(present.token.clone())),
                _ => state.present = None,
            }
        }
        match self.ask().await {
            Ok(next) => Ok(Some(next).filter(|next| next.value() != refused.value())),
            Err(signed_out) if signed_out.code() == Code::Unauthenticated => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Asks for a newer token ahead of time, where that can bring one.
    pub(crate) async fn renew(&self) -> Result<()> {
        let is_far = self.lock().present.as_ref().is_some_and(|present| {
            present.ends_at.is_some_and(|end| end.duration_since(Instant::now()) > 2 * RENEW_BEFORE)
        });
        if self.0.source.fixed().is_some() || is_far {
            return Ok(());
        }
        match self.ask().await {
            // The present token may still do; whoever needs one asks again.
            Err(failure) if failure.code() != Code::Unavailable => Err(failure),
            _ => Ok(()),
        }
    }

    async fn ask(&self) -> Result<AccessToken> {
        let mut answer = {
            let mut state = self.lock();
            state.question.get_or_insert_with(|| self.begin_question()).clone()
        };
        let given = answer.wait_for(Option::is_some).await;
        match given {
            Ok(given) => given.clone().unwrap_or_else(|| Err(source_failed())),
            Err(_) => Err(source_failed()),
        }
    }

    /// On its own: the caller that asked first may give up while others wait for the same answer.
    fn begin_question(&self) -> watch::Receiver<Option<Result<AccessToken>>> {
        let (tell, answer) = watch::channel(None);
        let cache = self.clone();
        tokio::spawn(async move {
            let asked = cache.clone();
            let fetching = tokio::spawn(async move { tokio::time::timeout(PATIENCE, asked.0.source.fetch()).await });
            let outcome = match fetching.await {
                Ok(Ok(Ok(Some(token)))) => Ok(token),
                Ok(Ok(Ok(None))) => Err(Error::new(
                    Code::Unauthenticated,
                    Some(Reason::ACCESS_TOKEN_MISSING),
                    "The token source gave no token: signed out.",
                )),
                Ok(Ok(Err(cause))) => Err(failure_of(cause)),
                Ok(Err(late)) => Err(source_failed().with_source(late)),
                Err(panicked) => Err(source_failed().with_source(panicked)),
            };
            cache.take_in(&outcome);
            tell.send_replace(Some(outcome));
        });
        answer
    }

    fn take_in(&self, outcome: &Result<AccessToken>) {
        let mut state = self.lock();
        state.question = None;
        match outcome {
            Ok(token) => state.present = Some(Present::new(token.clone())),
            Err(failure) if failure.code() == Code::Unauthenticated => state.present = None,
            Err(_) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure_of(cause: BoxError) -> Error {
    match cause.downcast::<Error>() {
        Ok(error) => *error,
        Err(cause) => source_failed().with_source(cause),
    }
}

fn source_failed() -> Error {
    Error::new(Code::Unavailable, None, "The token source failed.").with_retryable(true)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A source that counts its questions and answers by them.
    fn counting<F>(answer: F) -> (TokenCache, Arc<AtomicUsize>)
    where
        F: Fn(usize) -> Result<Option<AccessToken>, BoxError> + Send + Sync + 'static,
    {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = Arc::new(answer);
        let source = TokenSource::from_fn(move || {
            let (answer, number) = (answer.clone(), count.fetch_add(1, Ordering::SeqCst));
            async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                answer(number)
            }
        });
        (TokenCache::new(source), asked)
    }

    fn numbered(number: usize, lifetime: u64) -> AccessToken {
        AccessToken::new(format!("t{number}")).expires_in(Duration::from_secs(lifetime))
    }

    fn value(token: &Result<AccessToken>) -> Option<&str> {
        token.as_ref().ok().map(AccessToken::value)
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_at_the_same_time_waits_for_one_answer() {
        let (cache, asked) = counting(|number| Ok(Some(numbered(number, 900))));
        let (first, second) = tokio::join!(cache.get(), cache.get());
        assert_eq!((value(&first), value(&second)), (Some("t0"), Some("t0")));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_a_minute_before_its_end_or_at_half_its_life() {
        for (lifetime, calm) in [(900, 839), (60, 29)] {
            let (cache, asked) = counting(move |number| Ok(Some(numbered(number, lifetime))));
            assert_eq!(value(&cache.get().await), Some("t0"));
            tokio::time::advance(Duration::from_secs(calm)).await;
            assert_eq!(value(&cache.get().await), Some("t0"));
            tokio::time::advance(Duration::from_secs(2)).await;
            assert_eq!(value(&cache.get().await), Some("t1"));
            assert_eq!(asked.load(Ordering::SeqCst), 2);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_standing_token_does_while_the_source_fails() {
        let (cache, _) = counting(|number| match number {
            0 => Ok(Some(numbered(0, 60))),
            _ => Err("no network".into()),
        });
        assert_eq!(value(&cache.get().await), Some("t0"));
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(value(&cache.get().await), Some("t0"));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(cache.get().await.is_err_and(|error| error.code() == Code::Unavailable));
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_token_again_or_none_means_signed_out() {
        let (cache, _) = counting(|_| Ok(Some(AccessToken::new("same"))));
        let refused = AccessToken::new("same");
        assert!(matches!(cache.after_refusal(&refused).await, Ok(None)));
        let (cache, _) = counting(|_| Ok(None));
        assert!(matches!(cache.after_refusal(&refused).await, Ok(None)));
        assert!(cache.get().await.is_err_and(|error| error.is(&Reason::ACCESS_TOKEN_MISSING)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_has_thirty_seconds_and_may_break() {
        let cache = TokenCache::new(TokenSource::from_fn(std::future::pending));
        let began = Instant::now();
        assert!(cache.get().await.is_err_and(|error| error.is_retryable()));
        assert_eq!(began.elapsed(), PATIENCE);
        let cache = TokenCache::new(TokenSource::from_fn(|| async { Err("broken".into()) }));
        assert!(cache.get().await.is_err_and(|error| error.to_string() == "unavailable: The token source failed."));
    }
}
