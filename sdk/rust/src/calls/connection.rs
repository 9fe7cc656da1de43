use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tracing::Instrument;

use super::Freshness;
use super::call::{Attempt, Call};
use super::endpoints::Endpoints;
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
    links: Mutex<HashMap<Arc<str>, Link>>,
    pub(crate) endpoints: Endpoints,
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
        let link = Link::new(address, options.application.as_deref())?;
        let endpoints =
            Endpoints::new(link.uri()).ok_or_else(|| Error::misuse("The address is no URL of a server."))?;
        Ok(Self {
            link,
            links: Mutex::default(),
            endpoints,
            options,
            tokens: TokenCache::new(source),
            spaces: SpaceLedgers::default(),
            under_way: UnderWay::new(),
            hub: Hub::default(),
        })
    }

    /// The channel to the given address.
    pub(crate) fn channel(&self) -> Result<Channel> {
        self.link.channel()
    }

    /// The address of a package, and the channel to it.
    pub(crate) fn channel_of(&self, package: &str) -> Result<(Arc<str>, Channel)> {
        let address = self.endpoints.of(package);
        if address == *self.endpoints.given() {
            return Ok((address, self.channel()?));
        }
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = match links.entry(address.clone()) {
            Entry::Occupied(link) => link.get().channel()?,
            Entry::Vacant(place) => {
                place.insert(Link::new(&address, self.options.application.as_deref())?).channel()?
            }
        };
        Ok((address, channel))
    }

    /// Asks the server how it is reached, where that is due.
    pub(crate) fn ask_beside(&self) -> Result<()> {
        self.endpoints.ask_beside(&self.channel()?);
        Ok(())
    }

    /// Whether a call that failed has another address to go to: nothing was done where its method is not known.
    pub(crate) async fn has_moved(&self, package: &str, tried: &str, error: &Error) -> bool {
        match self.channel() {
            Ok(channel) => self.endpoints.has_moved(package, tried, error, &channel).await,
            Err(_) => false,
        }
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
        self.endpoints.close();
        self.under_way.close().await;
        self.link.close();
        self.links.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.endpoints.close();
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
