//! Brings a reader that stalled back, beside the stream that its neighbours read.

use std::sync::Arc;

use super::hub::{Command, Follower, Sink};
use super::page::FeedPage;
use super::subscribe::{HELD_READY, PageSink};
use super::subscription_state::ScopeId;
use crate::calls::{Connection, Freshness, NextStep, Rpc, for_following};
use crate::generated::vibe::sync::v1::sync_service_client::SyncServiceClient;
use crate::generated::vibe::sync::v1::{PullRequest, Scope};
use crate::{Error, Result};

/// Pulls page by page, as fast as the reader reads, and joins the shared stream again when the reader has all.
pub(super) async fn catch_up(
    connection: Arc<Connection>,
    scope: ScopeId,
    follower: Follower,
    resume_token: Option<String>,
) {
    let Sink::Pages(sink) = &follower.sink else { return };
    let pulled = tokio::select! {
        pulled = pull_all(&connection, &follower, sink, resume_token) => pulled,
        () = connection.under_way.closing() => Err(Error::closed()),
        () = sink.pages.closed() => return,
    };
    match pulled {
        Ok(resume_token) => {
            let resume_token = Some(resume_token);
            let command = Command::FollowPages { scope, follower, resume_token, is_at_checkpoint: true };
            connection.hub.send(&connection, command);
        }
        Err(reason) => follower.end(&reason),
    }
}

async fn pull_all(
    connection: &Connection,
    follower: &Follower,
    sink: &PageSink,
    mut resume_token: Option<String>,
) -> Result<String> {
    loop {
        let place = sink.pages.reserve().await.map_err(|_| Error::closed())?;
        let page = pull(connection, follower, &mut resume_token).await?;
        let (token, is_live) = (page.resume_token.clone(), page.is_live);
        resume_token = Some(token.clone());
        place.send(page);
        if is_live {
            // A reader with pages in hand would only stall again.
            sink.pages.reserve_many(HELD_READY).await.map_err(|_| Error::closed())?;
            return Ok(token);
        }
    }
}

async fn pull(connection: &Connection, follower: &Follower, resume_token: &mut Option<String>) -> Result<FeedPage> {
    let freshness = Freshness::new(connection, &follower.space, follower.given.as_deref());
    let mut failures = 0;
    loop {
        let pulled = connection
            .call(Rpc::PULL, None, None, Some(&freshness), |attempt| {
                let scope = Scope {
                    collection: follower.name(),
                    resume_token: resume_token.clone().unwrap_or_default(),
                    consistency_tokens: freshness.tokens(),
                    structured_bodies: false,
                };
                let request = attempt.request(PullRequest { scope: Some(scope), page_size: 0 });
                async move { SyncServiceClient::new(attempt.channel).pull(request).await }
            })
            .await;
        let error = match pulled {
            Ok(response) => return Ok(FeedPage::from_wire(response.page.unwrap_or_default())),
            Err(error) => error,
        };
        // The call itself has renewed the token and dropped those that are lost, where that could help.
        match for_following(&error, true, resume_token.is_some()) {
            NextStep::Again => {
                failures += 1;
                let drawn = || connection.options.retry.delay_after(failures, fastrand::f64());
                tokio::time::sleep(error.retry_delay().unwrap_or_else(drawn)).await;
            }
            NextStep::Anew => *resume_token = None,
            _ => return Err(error),
        }
    }
}
