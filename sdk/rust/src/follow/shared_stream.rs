use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use super::catch_up::catch_up;
use super::hub::{Command, Follower, Sink};
use super::page::FeedPage;
use super::snapshot_state::Entry;
use super::snapshots::{SharedView, SnapshotReader};
use super::subscribe::PageSink;
use super::subscription_state::{LONGEST_WAIT, Moment, Received, Recovery, ScopeId, SubscriptionState};
use crate::calls::{Connection, Freshness, NextStep, SYNC, bearer};
use crate::generated::vibe::sync::v1::subscribe_response::Event;
use crate::generated::vibe::sync::v1::sync_service_client::SyncServiceClient;
use crate::generated::vibe::sync::v1::{Opened, Scope, SubscribeRequest, SubscribeResponse};
use crate::{AccessToken, Error, Reason, Result};

/// What joins within this time joins together.
const JOINING: Duration = Duration::from_millis(20);

const OPENING_PATIENCE: Duration = Duration::from_secs(30);

/// Longer, and the server would take the client for one that does not read.
const PATIENCE_WITH_THE_ONLY_READER: Duration = Duration::from_secs(1);

/// Keeps all scopes of a client followed by one stream: opens it, opens it anew when a scope joins or its end is near,
/// resumes it when it breaks, and ends a scope only for a reason.
///
/// A new stream stands before the old one goes. The old one is not read meanwhile, so that nothing comes twice.
pub(super) struct SharedStream {
    connection: Arc<Connection>,
    commands: mpsc::UnboundedReceiver<Command>,
    state: SubscriptionState,
    followers: BTreeMap<ScopeId, Follower>,
    /// Scopes that no stream was opened for yet.
    joining: VecDeque<ScopeId>,
    /// Whether scopes join one by one, since one of several was refused and it is not known which.
    is_one_by_one: bool,
    /// Scopes that the server ended for a while, and when they join again.
    pausing: BTreeMap<ScopeId, Instant>,
    stream: Option<Streaming<SubscribeResponse>>,
    token: Option<AccessToken>,
    heard_at: Instant,
    /// Until when a reader that has no place for a page is waited for.
    held_until: Option<Instant>,
    open_at: Option<Instant>,
    /// Whether the server said when to open, so that nobody comes earlier.
    is_told_when: bool,
    renewal: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl SharedStream {
    pub(super) fn new(connection: Arc<Connection>, commands: mpsc::UnboundedReceiver<Command>) -> Self {
        Self {
            state: SubscriptionState::new(connection.options.retry.clone()),
            connection,
            commands,
            followers: BTreeMap::new(),
            joining: VecDeque::new(),
            is_one_by_one: false,
            pausing: BTreeMap::new(),
            stream: None,
            token: None,
            heard_at: Instant::now(),
            held_until: None,
            open_at: None,
            is_told_when: false,
            renewal: None,
        }
    }

    /// Runs while somebody follows, and until the client closes.
    pub(super) async fn run(mut self) {
        let connection = self.connection.clone();
        tokio::select! {
            () = self.follow() => return,
            () = connection.under_way.closing() => {}
        }
        loop {
            self.end_all(&Error::closed());
            if connection.hub.retire(&self.commands) {
                return;
            }
            self.obey_pending();
        }
    }

    async fn follow(&mut self) {
        loop {
            self.obey_pending();
            if self.followers.is_empty() {
                if self.connection.hub.retire(&self.commands) {
                    return;
                }
                continue;
            }
            let wake = self.next_wake();
            let reader = self.waited_for();
            tokio::select! {
                biased;
                Some(command) = self.commands.recv() => self.obey(command),
                () = until(wake) => self.wake().await,
                () = done(&mut self.renewal) => {
                    self.renewal = None;
                    self.open_at = Some(Instant::now());
                }
                () = has_room(reader.as_ref()), if reader.is_some() => {}
                message = next_message(&mut self.stream), if reader.is_none() => self.hear(message).await,
            }
        }
    }

    fn obey_pending(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::FollowPages { scope, follower, resume_token, is_at_checkpoint } => {
                self.join(scope, follower, resume_token, is_at_checkpoint);
            }
            Command::FollowView { space, collection, reply } => self.follow_view(&space, &collection, reply),
            Command::LeavePages(scope) => self.leave(scope),
            Command::LeaveView { scope, reader } => {
                if let Some(Follower { sink: Sink::View(view), .. }) = self.followers.get(&scope)
                    && view.remove_reader(reader)
                {
                    self.leave(scope);
                }
            }
        }
    }

    fn join(&mut self, scope: ScopeId, follower: Follower, resume_token: Option<String>, is_at_checkpoint: bool) {
        if follower.is_gone() {
            return;
        }
        self.state.join(scope, resume_token, is_at_checkpoint);
        self.followers.insert(scope, follower);
        self.joining.push_back(scope);
        self.open_soon();
    }

    /// All readers of the views of one collection take from one scope.
    fn follow_view(&mut self, space: &str, collection: &str, reply: oneshot::Sender<SnapshotReader>) {
        let spaces = &self.connection.spaces;
        let id = spaces.resolve(space);
        let reader = self.connection.hub.next_reader();
        let standing = self.followers.values().find_map(|follower| match &follower.sink {
            Sink::View(view) if follower.collection == collection && spaces.resolve(&follower.space) == id => {
                Some((follower, view.clone()))
            }
            _ => None,
        });
        let connection = self.connection.clone();
        let reader = if let Some((follower, view)) = standing {
            let to_quote = spaces.of(space).tokens.to_quote();
            let is_asked_for = to_quote.iter().all(|token| follower.quoted.contains(token));
            let entry = if is_asked_for { Entry::Now } else { Entry::NextStream };
            if !is_asked_for {
                self.open_soon();
            }
            view.add_reader(connection, reader, entry)
        } else {
            let scope = self.connection.hub.next_scope();
            let view = Arc::new(SharedView::new(scope));
            let reader = view.add_reader(connection, reader, Entry::Now);
            self.join(scope, Follower::new(space, collection, None, Sink::View(view)), None, false);
            reader
        };
        // One that is gone already says so when it is dropped here.
        let _ = reply.send(reader);
    }

    /// What the stream still sends for the scope is passed over; the next one is opened without it.
    fn leave(&mut self, scope: ScopeId) {
        self.followers.remove(&scope);
        self.state.leave(scope);
        self.joining.retain(|joining| *joining != scope);
        self.pausing.remove(&scope);
        if !self.state.is_needed() {
            self.close_stream();
        }
    }

    fn open_soon(&mut self) {
        let soon = Instant::now() + JOINING;
        self.open_at = match self.open_at {
            Some(due) if self.is_told_when || due < soon => Some(due),
            _ => Some(soon),
        };
    }

    fn close_stream(&mut self) {
        self.stream = None;
        self.renewal = None;
        self.state.closed();
    }

    fn next_wake(&self) -> Option<Instant> {
        let silent_at = self.stream.as_ref().map(|_| self.silent_at());
        let times = [self.open_at, self.state.renew_at(), silent_at, self.pausing.values().min().copied()];
        times.into_iter().flatten().min()
    }

    fn silent_at(&self) -> Instant {
        self.heard_at + self.state.silence()
    }

    async fn wake(&mut self) {
        let now = Instant::now();
        let due = self.pausing.iter().filter(|(_, at)| **at <= now).map(|(scope, _)| *scope);
        for scope in due.collect::<Vec<_>>() {
            self.pausing.remove(&scope);
            self.joining.push_back(scope);
            self.open_soon();
        }
        if self.open_at.is_some_and(|at| at <= now) {
            self.open_at = None;
            self.is_told_when = false;
            self.open().await;
        } else if self.state.renew_at().is_some_and(|at| at <= now) {
            self.state.begin_renewal();
            let tokens = self.connection.tokens.clone();
            // Without a new token the opening says what is wrong.
            self.renewal = Some(Box::pin(async move { _ = tokens.renew().await }));
        } else if self.stream.is_some() && self.silent_at() <= now {
            self.broken(Error::cut("Nothing was heard for twice the interval of heartbeats.")).await;
        }
    }

    async fn open(&mut self) {
        let first = self.joining.front().copied();
        let is_asked = |scope: &&ScopeId| {
            let waits = self.is_one_by_one && Some(**scope) != first && self.joining.contains(*scope);
            !waits && !self.pausing.contains_key(*scope)
        };
        let scopes: Vec<ScopeId> = self.followers.keys().filter(is_asked).copied().collect();
        if scopes.is_empty() {
            self.close_stream();
            return;
        }
        self.state.begin_opening(scopes.clone());
        let opening = tokio::time::timeout(OPENING_PATIENCE, self.open_for(&scopes));
        match opening.await.unwrap_or_else(|_| Err(Error::cut("The stream did not open in time."))) {
            Ok((stream, opened)) => self.take_over(stream, &opened, &scopes),
            Err(error) => self.not_opened(error, &scopes).await,
        }
    }

    async fn open_for(&mut self, scopes: &[ScopeId]) -> Result<(Streaming<SubscribeResponse>, Opened)> {
        self.token = None;
        let token = self.connection.tokens.get().await?;
        let mut request = SubscribeRequest::default();
        for scope in scopes {
            if let Some(follower) = self.followers.get_mut(scope) {
                let freshness = Freshness::new(&self.connection, &follower.space, follower.given.as_deref());
                let consistency_tokens = freshness.tokens();
                follower.quoted.clone_from(&consistency_tokens);
                request.scopes.push(Scope {
                    collection: follower.name(),
                    resume_token: self.state.resume_token(*scope).unwrap_or_default().to_owned(),
                    consistency_tokens,
                    structured_bodies: false,
                });
            }
        }
        let bearer = bearer(&token)?;
        self.token = Some(token);
        loop {
            let (address, channel) = self.connection.channel_of(SYNC)?;
            self.connection.ask_beside()?;
            let mut request = Request::new(request.clone());
            request.metadata_mut().insert("authorization", bearer.clone());
            let outcome = opened(channel, request).await;
            match &outcome {
                Err(error) if !self.connection.has_moved(SYNC, &address, error).await => return outcome,
                Err(_) => {}
                Ok(_) => return outcome,
            }
        }
    }

    fn take_over(&mut self, stream: Streaming<SubscribeResponse>, opened: &Opened, scopes: &[ScopeId]) {
        let now = Instant::now();
        let is_on_purpose = self.stream.replace(stream).is_some();
        self.heard_at = now;
        self.state.opened(opened, is_on_purpose, now, fastrand::f64());
        for (scope, name) in scopes.iter().zip(&opened.collections) {
            if let Some(follower) = self.followers.get(scope) {
                self.connection.spaces.learn(&follower.space, name);
            }
        }
        for follower in self.followers.values() {
            if let Sink::View(view) = &follower.sink {
                view.stream_opened();
            }
        }
        self.joining.retain(|joining| !scopes.contains(joining));
        self.is_one_by_one &= !self.joining.is_empty();
        if self.is_one_by_one {
            self.open_at = Some(now);
        }
    }

    async fn not_opened(&mut self, error: Error, scopes: &[ScopeId]) {
        let recovery = self.state.fail(&error, Moment::Opening, fastrand::f64());
        let is_about_one = recovery.step == NextStep::Fail && error.code() != Code::Unauthenticated;
        let mut suspects = scopes.iter().filter(|scope| self.joining.contains(scope));
        match (suspects.next().copied(), suspects.next()) {
            (Some(culprit), None) if is_about_one => {
                self.finish(culprit, &error);
                let is_open = self.stream.is_some() && self.joining.is_empty();
                self.open_at = (!is_open && !self.followers.is_empty()).then(Instant::now);
            }
            (Some(_), Some(_)) if is_about_one => {
                self.is_one_by_one = true;
                self.open_at = Some(Instant::now());
            }
            _ => self.recover(error, Moment::Opening, recovery).await,
        }
    }

    /// The only reader, while it has no place for a page: nothing is read meanwhile, for the line is the best brake.
    /// Where there are others it must not hold them up.
    fn waited_for(&mut self) -> Option<(PageSink, Instant)> {
        let mut followers = self.followers.values();
        let waited_for = match (followers.next(), followers.next()) {
            (Some(Follower { sink: Sink::Pages(sink), .. }), None)
                if self.stream.is_some() && sink.pages.capacity() == 0 && !sink.pages.is_closed() =>
            {
                sink.clone()
            }
            _ => {
                self.held_until = None;
                return None;
            }
        };
        let now = Instant::now();
        let until = *self.held_until.get_or_insert(now + PATIENCE_WITH_THE_ONLY_READER);
        (now < until).then_some((waited_for, until))
    }

    async fn hear(&mut self, message: Result<Option<SubscribeResponse>, Status>) {
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return self.broken(Error::cut("The stream ended without saying why.")).await,
            Err(status) => return self.broken(Error::from_status(&status, true)).await,
        };
        let now = Instant::now();
        self.heard_at = now;
        if let (Some(Event::Page(_)), Some(scope)) = (&message.event, self.state.scope_of(&message))
            && self.followers.get(&scope).is_some_and(Follower::is_stalled)
        {
            return self.let_catch_up(scope);
        }
        match self.state.receive(message, now, fastrand::f64()) {
            Received::Nothing => {}
            Received::Page { scope, page, is_echo } => self.give(scope, page, is_echo),
            Received::ScopeEnded { scope, error, recovery } => self.pause(scope, &error, recovery),
            Received::Ended(error) => self.broken(error).await,
        }
    }

    fn give(&mut self, scope: ScopeId, page: FeedPage, is_echo: bool) {
        let Some(follower) = self.followers.get_mut(&scope) else { return };
        if page.is_live {
            follower.given = None;
        }
        if !is_echo || matches!(follower.sink, Sink::View(_)) {
            follower.give(page);
        }
    }

    /// The reader's pages are held up, and must not hold up its neighbours': it goes on beside the stream.
    fn let_catch_up(&mut self, scope: ScopeId) {
        let resume_token = self.state.resume_token(scope).map(str::to_owned);
        if let Some(follower) = self.followers.remove(&scope) {
            tokio::spawn(catch_up(self.connection.clone(), scope, follower, resume_token));
        }
        self.leave(scope);
        if self.stream.is_some() {
            self.open_soon();
        }
    }

    /// One scope has ended, for a while or for good.
    fn pause(&mut self, scope: ScopeId, error: &Error, recovery: Recovery) {
        let Some(follower) = self.followers.get(&scope) else { return };
        let goes_on = match recovery.step {
            NextStep::Again | NextStep::Anew | NextStep::WithNewToken => true,
            NextStep::WithoutTokens => Freshness::new(&self.connection, &follower.space, None).forget(),
            NextStep::Fail => false,
        };
        if !goes_on {
            self.finish(scope, error);
            return;
        }
        if recovery.is_offline
            && let Sink::View(view) = &follower.sink
        {
            view.lose_touch(error);
        }
        self.pausing.insert(scope, Instant::now() + recovery.delay.min(LONGEST_WAIT));
        if !self.state.is_needed() {
            self.close_stream();
        }
    }

    async fn broken(&mut self, error: Error) {
        let recovery = self.state.fail(&error, Moment::Reading, fastrand::f64());
        self.recover(error, Moment::Reading, recovery).await;
    }

    async fn recover(&mut self, error: Error, moment: Moment, recovery: Recovery) {
        // One that could only not be followed by the next still stands, unless it is in the way.
        let stands = moment == Moment::Opening && self.stream.is_some();
        let stands = stands && !error.is(&Reason::TOO_MANY_STREAMS);
        if !stands {
            self.close_stream();
        }
        let goes_on = match recovery.step {
            NextStep::Again | NextStep::Anew => true,
            NextStep::WithNewToken => self.has_new_token().await,
            NextStep::WithoutTokens => self.forget_tokens(),
            NextStep::Fail => false,
        };
        if !goes_on {
            self.end_all(&error);
            return;
        }
        if recovery.is_offline && !stands {
            for follower in self.followers.values() {
                if let Sink::View(view) = &follower.sink {
                    view.lose_touch(&error);
                }
            }
        }
        tracing::debug!(
            target: "vibespace",
            code = ?error.code(),
            reason = error.reason().map(Reason::as_str),
            delay = ?recovery.delay,
            "a subscription was cut and resumes"
        );
        self.open_at = Some(Instant::now() + recovery.delay.min(LONGEST_WAIT));
        self.is_told_when = recovery.step == NextStep::Again && error.retry_delay().is_some();
    }

    async fn has_new_token(&mut self) -> bool {
        let Some(refused) = self.token.take() else { return false };
        // A source that fails is asked again when the next stream is opened.
        self.connection.tokens.after_refusal(&refused).await.map_or(true, |next| next.is_some())
    }

    fn forget_tokens(&self) -> bool {
        let forget = |follower: &Follower| Freshness::new(&self.connection, &follower.space, None).forget();
        let any = self.followers.values().filter(|follower| forget(follower)).count() > 0;
        if any {
            tracing::warn!(
                target: "vibespace",
                method = "Subscribe",
                "the server does not know the client's latest writes any more; the read does not wait for them"
            );
        }
        any
    }

    fn finish(&mut self, scope: ScopeId, reason: &Error) {
        if let Some(follower) = self.followers.get(&scope) {
            follower.end(reason);
        }
        self.leave(scope);
    }

    fn end_all(&mut self, reason: &Error) {
        for scope in self.followers.keys().copied().collect::<Vec<_>>() {
            self.finish(scope, reason);
        }
        self.close_stream();
        self.open_at = None;
    }
}

/// Ends when the reader has a place for a page, is gone, or has been waited for long enough.
async fn has_room(reader: Option<&(PageSink, Instant)>) {
    if let Some((sink, until)) = reader {
        // Whichever it is, it is looked at anew.
        let _ = tokio::time::timeout_at(*until, sink.pages.reserve()).await;
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn done(work: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

async fn next_message(stream: &mut Option<Streaming<SubscribeResponse>>) -> Result<Option<SubscribeResponse>, Status> {
    match stream {
        Some(stream) => stream.message().await,
        None => std::future::pending().await,
    }
}

async fn opened(
    channel: Channel,
    request: Request<SubscribeRequest>,
) -> Result<(Streaming<SubscribeResponse>, Opened)> {
    let failed = |status: Status| Error::from_status(&status, true);
    let mut stream = SyncServiceClient::new(channel).subscribe(request).await.map_err(failed)?.into_inner();
    loop {
        let message = stream.message().await.map_err(failed)?;
        let message = message.ok_or_else(|| Error::cut("The stream ended before it opened."))?;
        match message.event {
            Some(Event::Opened(opened)) => return Ok((stream, opened)),
            Some(Event::End(end)) => return Err(Error::from_end(end.status.as_ref())),
            None => {}
            Some(_) => return Err(Error::new(Code::Internal, None, "The stream did not begin by opening.")),
        }
    }
}
