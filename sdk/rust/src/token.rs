use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::BoxError;

/// An access token, as a sign-in gives it. The client never looks into it and never prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    value: String,
    expires_at: Option<SystemTime>,
}

impl AccessToken {
    /// Makes a token that is used until the server refuses it.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), expires_at: None }
    }

    /// Says when the token ends, so that it is renewed one minute before.
    #[must_use]
    pub fn expires_at(mut self, end: SystemTime) -> Self {
        self.expires_at = Some(end);
        self
    }

    /// Says how long from now the token lives, so that it is renewed one minute before its end.
    #[must_use]
    pub fn expires_in(self, lifetime: Duration) -> Self {
        match SystemTime::now().checked_add(lifetime) {
            Some(end) => self.expires_at(end),
            None => self,
        }
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// How long the token still lives; none where that is not known.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        let end = self.expires_at?;
        Some(end.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken")
    }
}

impl From<String> for AccessToken {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for AccessToken {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

pub(crate) type TokenFuture = Pin<Box<dyn Future<Output = Result<Option<AccessToken>, BoxError>> + Send>>;

/// Where a client gets its access tokens from. A string converts to a source that always gives that token.
///
/// ```
/// use std::time::Duration;
/// use vibespace::{AccessToken, TokenSource};
///
/// # async fn sign_in() -> Result<String, std::io::Error> { Ok("token".into()) }
/// let source = TokenSource::from_fn(|| async {
///     let token = sign_in().await?;
///     Ok(Some(AccessToken::new(token).expires_in(Duration::from_secs(900))))
/// });
/// ```
#[derive(Clone)]
pub struct TokenSource(Kind);

#[derive(Clone)]
enum Kind {
    Fixed(AccessToken),
    Asked(Arc<dyn Fn() -> TokenFuture + Send + Sync>),
}

impl TokenSource {
    /// Makes a source that asks a function.
    ///
    /// The client calls it when it needs a token: at first, again one minute before the token's end (at half its life
    /// where that is shorter than two minutes), and once after the server refused the present one. It is never called
    /// twice at the same time, has 30 seconds to answer, and no lock is held meanwhile.
    ///
    /// `None`, or the very token that was refused, means signed out: calls and subscriptions then end with
    /// `UNAUTHENTICATED`. An error counts as a failure that may pass, and the function is asked again.
    pub fn from_fn<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<AccessToken>, BoxError>> + Send + 'static,
    {
        Self(Kind::Asked(Arc::new(move || Box::pin(fetch()))))
    }

    pub(crate) fn fixed(&self) -> Option<&AccessToken> {
        match &self.0 {
            Kind::Fixed(token) => Some(token),
            Kind::Asked(_) => None,
        }
    }

    pub(crate) async fn fetch(&self) -> Result<Option<AccessToken>, BoxError> {
        match &self.0 {
            Kind::Fixed(token) => Ok(Some(token.clone())),
            Kind::Asked(fetch) => fetch().await,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

impl<T: Into<AccessToken>> From<T> for TokenSource {
    fn from(token: T) -> Self {
        Self(Kind::Fixed(token.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_print_its_value() {
        let token = AccessToken::new("secret");
        assert_eq!(format!("{token:?}"), "AccessToken");
        assert_eq!(format!("{:?}", TokenSource::from(token)), "TokenSource");
    }
}
