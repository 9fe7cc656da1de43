use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use super::Freshness;
use super::connection::{Connection, bearer};
use super::rpc::Rpc;
use super::rules::{self, NextStep};
use crate::{AccessToken, Error, Reason, Result};

/// One call from its first attempt to its outcome.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    connection: &'a Connection,
    rpc: Rpc,
    timeout: Duration,
    began: Instant,
    pub(crate) attempts: u32,
    is_renewed: bool,
    may_be_done: bool,
    token: Option<AccessToken>,
    address: Arc<str>,
    last: Option<Error>,
}

/// What one attempt is made with.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) channel: Channel,
    bearer: MetadataValue<Ascii>,
    remaining: Duration,
}

impl Attempt {
    pub(crate) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.set_timeout(self.remaining);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(connection: &'a Connection, rpc: Rpc, timeout: Duration) -> Self {
        Self {
            connection,
            rpc,
            timeout,
            began: Instant::now(),
            attempts: 0,
            is_renewed: false,
            may_be_done: false,
            token: None,
            address: connection.endpoints.given().clone(),
            last: None,
        }
    }

    /// Makes attempts until one succeeds, none is left, or the time is over.
    pub(crate) async fn run<M, F, Fut>(
        &mut self,
        places: Option<&Semaphore>,
        freshness: Option<&Freshness<'_>>,
        send: F,
    ) -> Result<M>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<Response<M>, Status>>,
    {
        let connection = self.connection;
        let timeout = self.timeout;
        let outcome = tokio::select! {
            outcome = tokio::time::timeout(timeout, self.repeat(places, freshness, send)) => outcome,
            () = connection.under_way.closed() => return Err(Error::closed()),
        };
        match outcome {
            // The same deadline is watched on the wire, and may be noticed there first.
            Ok(Err(error)) if error.code() == Code::DeadlineExceeded && error.reason().is_none() => Err(self.late()),
            Ok(outcome) => outcome,
            Err(_) => Err(self.late()),
        }
    }

    async fn repeat<M, F, Fut>(
        &mut self,
        places: Option<&Semaphore>,
        freshness: Option<&Freshness<'_>>,
        mut send: F,
    ) -> Result<M>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<Response<M>, Status>>,
    {
        let _place = match places {
            Some(places) => Some(places.acquire().await.map_err(|_| Error::closed())?),
            None => None,
        };
        loop {
            let error = match self.attempt(&mut send).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.prepare_next(error, freshness).await?;
        }
    }

    async fn attempt<M, F, Fut>(&mut self, send: &mut F) -> Result<M>
    where
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<Response<M>, Status>>,
    {
        self.attempts += 1;
        let token = self.connection.tokens.get().await?;
        let (address, channel) = self.connection.channel_of(self.rpc.package())?;
        self.address = address;
        let attempt =
            Attempt { channel, bearer: bearer(&token)?, remaining: self.timeout.saturating_sub(self.began.elapsed()) };
        self.token = Some(token);
        self.connection.ask_beside()?;
        match send(attempt).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(Error::from_status(&status, self.rpc.is_read)),
        }
    }

    /// Returns when the next attempt is due, and fails when there is none.
    async fn prepare_next(&mut self, error: Error, freshness: Option<&Freshness<'_>>) -> Result<()> {
        self.last = Some(error.clone());
        if self.connection.has_moved(self.rpc.package(), &self.address, &error).await {
            return Ok(());
        }
        let retry = &self.connection.options.retry;
        match rules::for_call(&error, self.attempts, retry, self.is_renewed) {
            NextStep::WithNewToken => {
                let Some(refused) = self.token.take() else { return Err(self.last_word(error)) };
                self.is_renewed = true;
                match self.connection.tokens.after_refusal(&refused).await? {
                    Some(_) => Ok(()),
                    None => Err(self.last_word(error)),
                }
            }
            NextStep::WithoutTokens if freshness.is_some_and(Freshness::forget) => {
                tracing::warn!(
                    target: "vibespace",
                    method = self.rpc.method,
                    "the server does not know the client's latest writes any more; the read does not wait for them"
                );
                Ok(())
            }
            NextStep::Again => {
                self.may_be_done |= !self.rpc.is_read && rules::leaves_outcome_open(&error);
                let drawn = || retry.delay_after(self.attempts, fastrand::f64());
                let delay = error.retry_delay().unwrap_or_else(drawn);
                if self.began.elapsed().saturating_add(delay) >= self.timeout {
                    return Err(self.last_word(error));
                }
                tracing::debug!(
                    target: "vibespace",
                    method = self.rpc.method,
                    attempt = self.attempts,
                    code = ?error.code(),
                    reason = error.reason().map(Reason::as_str),
                    "a call failed and is tried again"
                );
                tokio::time::sleep(delay).await;
                Ok(())
            }
            _ => Err(self.last_word(error)),
        }
    }

    fn last_word(&self, error: Error) -> Error {
        if self.may_be_done { error.with_retryable(false) } else { error }
    }

    fn late(&self) -> Error {
        let text = format!("The call did not end within {} s.", self.timeout.as_secs_f64());
        let late = Error::new(Code::DeadlineExceeded, Some(Reason::DEADLINE_EXCEEDED), text);
        let late = late.with_retryable(self.rpc.is_read);
        match &self.last {
            Some(last) => late.with_source(last.clone()),
            None => late,
        }
    }
}
