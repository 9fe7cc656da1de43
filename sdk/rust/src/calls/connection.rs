use std::future::Future;
use std::time::Duration;

use tokio::sync::Semaphore;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tracing::Instrument;

use super::Freshness;
use super::call::{Attempt, Call};
use super::ledgers::SpaceLedgers;
use super::link::Link;
use super::rpc::Rpc;
use super::tokens::TokenCache;
use super::under_way::UnderWay;
use crate::follow::Hub;
use crate::{AccessToken, Error, Reason, Result, RetryPolicy, TokenSource};

/// Far beyond what a server takes, and within what timers can hold.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that the addresses of one client share.
#[derive(Debug)]
pub(crate) struct Connection {
    link: Link,
    pub(crate) options: Options,
    pub(crate) tokens: TokenCache,
    pub(crate) spaces: SpaceLedgers,
    pub(crate) under_way: UnderWay,
    pub(crate) hub: Hub,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) application: Option<String>,
}

impl Connection {
    pub(crate) fn new(address: &str, source: TokenSource, options: Options) -> Result<Self> {
        check_timeout(options.timeout)?;
        if let Some(token) = source.fixed() {
            bearer(token)?;
        }
        Ok(Self {
            link: Link::new(address, options.application.as_deref())?,
            options,
            tokens: TokenCache::new(source),
            spaces: SpaceLedgers::default(),
            under_way: UnderWay::new(),
            hub: Hub::default(),
        })
    }

    pub(crate) fn channel(&self) -> Result<Channel> {
        self.link.channel()
    }

    /// Makes a call: attempts, delays and token renewal within one deadline.
    ///
    /// `places` is where the call waits for its place; `freshness` holds the tokens that the read quotes by itself.
    pub(crate) async fn call<M, F, Fut>(
        &self,
        rpc: Rpc,
        timeout: Option<Duration>,
        places: Option<&Semaphore>,
        freshness: Option<&Freshness<'_>>,
        send: F,
    ) -> Result<M>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<Response<M>, Status>>,
    {
        let timeout = timeout.unwrap_or(self.options.timeout).min(LONGEST_TIMEOUT);
        check_timeout(timeout)?;
        self.channel()?;
        let _place = self.under_way.enter()?;
        let span = tracing::debug_span!(
            target: "vibespace",
            "call",
            otel.kind = "client",
            rpc.system = "grpc",
            rpc.service = rpc.service,
            rpc.method = rpc.method,
            rpc.grpc.status_code = tracing::field::Empty,
            vibe.attempts = tracing::field::Empty,
            vibe.reason = tracing::field::Empty,
        );
        let mut call = Call::new(self, rpc, timeout);
        let outcome = call.run(places, freshness, send).instrument(span.clone()).await;
        let error = outcome.as_ref().err();
        span.record("vibe.attempts", call.attempts);
        span.record("rpc.grpc.status_code", error.map_or(Code::Ok, Error::code) as i32);
        span.record("vibe.reason", error.and_then(Error::reason).map(Reason::as_str));
        outcome
    }

    pub(crate) async fn close(&self) {
        self.under_way.close().await;
        self.link.close();
    }
}

fn check_timeout(timeout: Duration) -> Result<()> {
    if timeout.is_zero() { Err(Error::misuse("A timeout is longer than nothing.")) } else { Ok(()) }
}

pub(crate) fn bearer(token: &AccessToken) -> Result<MetadataValue<Ascii>> {
    let text = token.value();
    if text.trim().is_empty() {
        return Err(Error::misuse("An access token is not empty."));
    }
    let mut value = MetadataValue::try_from(format!("Bearer {text}"))
        .map_err(|_| Error::misuse("No header can carry the access token."))?;
    value.set_sensitive(true);
    Ok(value)
}
