//! What the shared stream knows: where each scope resumes, how long to listen, and what a failure means. It does no
//! I/O; messages, time and randomness are given to it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::page::FeedPage;
use crate::calls::{NextStep, for_following};
use crate::generated::vibe::sync::v1::{Opened, SubscribeResponse, subscribe_response::Event};
use crate::{Error, Reason, RetryPolicy};

const DEFAULT_SILENCE: Duration = Duration::from_secs(60);
/// What a server asks beyond this is taken as this; clocks cannot hold every duration of the wire.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

const LONGEST_SILENCE_FOR_READERS: Duration = Duration::from_secs(10 * 60);
const LONGEST_RENEWAL_MARGIN: Duration = Duration::from_secs(30);

/// A stream that is shorter ends by itself: opening the next one early, ever closer to a token's end, gains nothing.
const SHORTEST_RENEWED_LIFETIME: Duration = Duration::from_secs(5);

/// Tells the scopes of one client apart, whichever streams they stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ScopeId(pub(super) u64);

#[derive(Debug)]
pub(super) struct SubscriptionState {
    retry: RetryPolicy,
    scopes: BTreeMap<ScopeId, Scope>,
    /// The scopes of the present stream, in the order of its request.
    places: Vec<ScopeId>,
    /// The scopes of the stream that is being opened.
    opening: Vec<ScopeId>,
    is_renewed: bool,
    failures: u32,
    silence: Duration,
    renew_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Scope {
    resume_token: Option<String>,
    is_at_checkpoint: bool,
    /// Whether the next checkpoint only repeats the last one, since the stream was opened anew on purpose.
    echoes: bool,
    last_page: Option<Instant>,
    failures: u32,
}

/// What a message means.
#[derive(Debug)]
pub(super) enum Received {
    /// Nothing for anybody.
    Nothing,
    /// A page; one that is an echo only says again where the reader stands.
    Page { scope: ScopeId, page: FeedPage, is_echo: bool },
    /// One scope is no longer followed, for now or for good.
    ScopeEnded { scope: ScopeId, error: Error, recovery: Recovery },
    /// The stream has ended.
    Ended(Error),
}

/// When a stream failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Opening,
    Reading,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recovery {
    pub(super) step: NextStep,
    pub(super) delay: Duration,
    /// Whether readers are told that nobody stands behind their view any more.
    pub(super) is_offline: bool,
}

impl SubscriptionState {
    pub(super) fn new(retry: RetryPolicy) -> Self {
        Self {
            retry,
            scopes: BTreeMap::new(),
            places: Vec::new(),
            opening: Vec::new(),
            is_renewed: false,
            failures: 0,
            silence: DEFAULT_SILENCE,
            renew_at: None,
        }
    }

    /// Takes in a scope, to stand in the next stream.
    pub(super) fn join(&mut self, id: ScopeId, resume_token: Option<String>, is_at_checkpoint: bool) {
        let echoes = is_at_checkpoint;
        self.scopes.insert(id, Scope { resume_token, is_at_checkpoint, echoes, ..Scope::default() });
    }

    /// Lets a scope go; what the present stream still sends for it is passed over.
    pub(super) fn leave(&mut self, id: ScopeId) {
        self.scopes.remove(&id);
    }

    /// Where a scope goes on. Pages that were received are on their way to the reader and do not come again.
    pub(super) fn resume_token(&self, id: ScopeId) -> Option<&str> {
        self.scopes.get(&id)?.resume_token.as_deref()
    }

    /// Whether the present stream brings something for any scope.
    pub(super) fn is_needed(&self) -> bool {
        self.places.iter().any(|id| self.scopes.contains_key(id))
    }

    /// Which scope a message is about, where it is still followed.
    pub(super) fn scope_of(&self, message: &SubscribeResponse) -> Option<ScopeId> {
        let id = self.places.get(usize::try_from(message.scope_index).ok()?)?;
        self.scopes.contains_key(id).then_some(*id)
    }

    /// How long nothing may be heard: twice the interval of heartbeats.
    pub(super) fn silence(&self) -> Duration {
        self.silence
    }

    /// When to open the next stream, shortly before this one ends by itself; none where it does not.
    pub(super) fn renew_at(&self) -> Option<Instant> {
        self.renew_at
    }

    /// Begins an attempt to open a stream for these scopes.
    pub(super) fn begin_opening(&mut self, scopes: Vec<ScopeId>) {
        self.opening = scopes;
    }

    /// The new stream stands. `is_on_purpose` tells that the one before stood until now.
    pub(super) fn opened(&mut self, opened: &Opened, is_on_purpose: bool, now: Instant, draw: f64) {
        self.renew_at = None;
        // The token was taken: one that ends before the first page, on a slow line or a busy server, is renewed again.
        self.is_renewed = false;
        let before = std::mem::replace(&mut self.places, std::mem::take(&mut self.opening));
        for id in &self.places {
            if let Some(scope) = self.scopes.get_mut(id) {
                scope.last_page.get_or_insert(now);
                if before.contains(id) {
                    scope.echoes = is_on_purpose && scope.is_at_checkpoint;
                }
            }
        }
        let duration = |given: Option<prost_types::Duration>| given.and_then(|given| Duration::try_from(given).ok());
        let interval = duration(opened.heartbeat_interval).filter(|interval| !interval.is_zero());
        self.silence = interval.map_or(DEFAULT_SILENCE, |interval| interval.saturating_mul(2).min(LONGEST_WAIT));
        if let Some(lifetime) = duration(opened.lifetime).filter(|lifetime| *lifetime >= SHORTEST_RENEWED_LIFETIME) {
            // Drawn, so that clients that were cut together do not come back together for ever.
            let margin = (lifetime / 4).min(LONGEST_RENEWAL_MARGIN).mul_f64(0.5 + draw / 2.0);
            self.renew_at = now.checked_add(lifetime.saturating_sub(margin));
        }
    }

    /// The next stream is opened now, whatever the present one still lasts.
    pub(super) fn begin_renewal(&mut self) {
        self.renew_at = None;
    }

    /// Takes in a message of the present stream.
    pub(super) fn receive(&mut self, message: SubscribeResponse, now: Instant, draw: f64) -> Received {
        let scope = self.scope_of(&message);
        match (message.event, scope) {
            (Some(Event::End(end)), _) => Received::Ended(Error::from_end(end.status.as_ref())),
            (Some(Event::Page(page)), Some(id)) => self.turn(id, FeedPage::from_wire(page), now),
            (Some(Event::Heartbeat(beat)), Some(id)) => self.beat(id, beat.resume_token, now),
            (Some(Event::ScopeEnded(ended)), Some(id)) => {
                let error = Error::from_end(ended.status.as_ref());
                let recovery = self.fail_scope(id, &error, draw);
                self.places.iter_mut().filter(|place| **place == id).for_each(|place| *place = ScopeId(u64::MAX));
                Received::ScopeEnded { scope: id, error, recovery }
            }
            _ => Received::Nothing,
        }
    }

    /// The present stream is gone.
    pub(super) fn closed(&mut self) {
        self.places.clear();
        self.renew_at = None;
    }

    /// Decides what follows the failure of the stream, or of opening it.
    pub(super) fn fail(&mut self, error: &Error, moment: Moment, draw: f64) -> Recovery {
        let tried = match moment {
            Moment::Reading => &self.places,
            Moment::Opening => &self.opening,
        };
        let refused = Self::refused(tried, error);
        let has_resume_token = refused.iter().any(|id| self.resume_token(*id).is_some());
        let step = for_following(error, self.is_renewed, has_resume_token);
        self.failures = self.failures.saturating_add(1);
        match step {
            NextStep::WithNewToken => {
                self.is_renewed = true;
                let pause =
                    if self.failures == 1 { Duration::ZERO } else { self.retry.delay_after(self.failures, draw) };
                Recovery { step, delay: pause, is_offline: false }
            }
            NextStep::Anew => {
                for id in refused {
                    self.forget_place(id);
                }
                Recovery { step, delay: Duration::ZERO, is_offline: false }
            }
            NextStep::WithoutTokens => Recovery { step, delay: Duration::ZERO, is_offline: false },
            NextStep::Again => {
                let delay = error.retry_delay().unwrap_or_else(|| self.retry.delay_after(self.failures, draw));
                Recovery { step, delay, is_offline: moment == Moment::Opening }
            }
            NextStep::Fail => Recovery { step, delay: Duration::ZERO, is_offline: true },
        }
    }

    fn fail_scope(&mut self, id: ScopeId, error: &Error, draw: f64) -> Recovery {
        let retry = &self.retry;
        let Some(scope) = self.scopes.get_mut(&id) else {
            return Recovery { step: NextStep::Fail, delay: Duration::ZERO, is_offline: true };
        };
        scope.failures = scope.failures.saturating_add(1);
        let is_again = scope.failures > 1;
        let step = for_following(error, is_again, scope.resume_token.is_some());
        let delay = match step {
            NextStep::Anew => {
                self.forget_place(id);
                Duration::ZERO
            }
            NextStep::Again => error.retry_delay().unwrap_or_else(|| retry.delay_after(scope.failures, draw)),
            _ => Duration::ZERO,
        };
        Recovery { step, delay, is_offline: step == NextStep::Again && is_again }
    }

    /// Which scopes an error is about: the one that it names, or else all.
    fn refused(tried: &[ScopeId], error: &Error) -> Vec<ScopeId> {
        let named = error.metadata().get("scope").filter(|_| error.is(&Reason::RESUME_TOKEN_INVALID));
        match named.and_then(|place| tried.get(place.parse::<usize>().ok()?)) {
            Some(id) => vec![*id],
            None => tried.to_vec(),
        }
    }

    fn forget_place(&mut self, id: ScopeId) {
        if let Some(scope) = self.scopes.get_mut(&id) {
            scope.resume_token = None;
            scope.is_at_checkpoint = false;
            scope.echoes = false;
        }
    }

    fn turn(&mut self, id: ScopeId, page: FeedPage, now: Instant) -> Received {
        self.progress(id, &page.resume_token);
        let Some(scope) = self.scopes.get_mut(&id) else { return Received::Nothing };
        let repeats = std::mem::take(&mut scope.echoes) && scope.is_at_checkpoint;
        let is_echo = repeats && page.is_live && !page.is_reset && page.changes.is_empty();
        scope.is_at_checkpoint = page.is_live;
        if !is_echo {
            scope.last_page = Some(now);
        }
        Received::Page { scope: id, page, is_echo }
    }

    fn beat(&mut self, id: ScopeId, resume_token: String, now: Instant) -> Received {
        self.progress(id, &resume_token);
        let Some(scope) = self.scopes.get_mut(&id) else { return Received::Nothing };
        let is_silent = scope.last_page.is_some_and(|last| now - last >= LONGEST_SILENCE_FOR_READERS);
        if resume_token.is_empty() || !is_silent {
            return Received::Nothing;
        }
        scope.last_page = Some(now);
        let page = FeedPage { changes: Vec::new(), is_reset: false, is_live: scope.is_at_checkpoint, resume_token };
        Received::Page { scope: id, page, is_echo: false }
    }

    fn progress(&mut self, id: ScopeId, token: &str) {
        // Only now: a stream that opens and ends at once must not make the client try without pause.
        self.failures = 0;
        if let Some(scope) = self.scopes.get_mut(&id) {
            scope.failures = 0;
            if !token.is_empty() {
                scope.resume_token = Some(token.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::generated::google::rpc;
    use crate::generated::vibe::sync::v1::{Change, Checkpoint, End, Heartbeat, Page, Put, ScopeEnded, change};

    const A: ScopeId = ScopeId(1);
    const B: ScopeId = ScopeId(2);

    fn seconds(seconds: i64) -> prost_types::Duration {
        prost_types::Duration { seconds, nanos: 0 }
    }

    fn opened(interval: i64, lifetime: i64) -> Opened {
        Opened {
            heartbeat_interval: Some(seconds(interval)),
            lifetime: Some(seconds(lifetime)),
            collections: Vec::new(),
        }
    }

    fn event(scope_index: i32, event: Event) -> SubscribeResponse {
        SubscribeResponse { scope_index, event: Some(event) }
    }

    fn page(scope: i32, token: &str, ids: &[&str], is_live: bool) -> SubscribeResponse {
        let put = |id: &&str| Change { document_id: (*id).to_owned(), kind: Some(change::Kind::Put(Put::default())) };
        let changes = ids.iter().map(put).collect();
        let checkpoint = is_live.then_some(Checkpoint {});
        event(scope, Event::Page(Page { changes, resume_token: token.into(), reset: false, checkpoint }))
    }

    fn beat(scope: i32, token: &str) -> SubscribeResponse {
        event(scope, Event::Heartbeat(Heartbeat { server_time: None, resume_token: token.into() }))
    }

    fn status(code: Code) -> rpc::Status {
        rpc::Status { code: code as i32, message: "why".into(), details: Vec::new() }
    }

    /// A stream with two scopes that stands.
    fn standing(now: Instant) -> SubscriptionState {
        let mut state = SubscriptionState::new(RetryPolicy::new());
        state.join(A, None, false);
        state.join(B, Some("b0".into()), false);
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), false, now, 0.0);
        state
    }

    fn is_echo(received: &Received) -> Option<bool> {
        match received {
            Received::Page { is_echo, .. } => Some(*is_echo),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_scope_resumes_after_its_own_last_page_or_heartbeat() {
        let now = Instant::now();
        let mut state = standing(now);
        assert_eq!((state.resume_token(A), state.resume_token(B)), (None, Some("b0")));
        assert!(matches!(state.receive(page(0, "a1", &["m1"], true), now, 0.0), Received::Page { scope: A, .. }));
        assert!(matches!(state.receive(beat(1, "b1"), now, 0.0), Received::Nothing));
        assert_eq!((state.resume_token(A), state.resume_token(B)), (Some("a1"), Some("b1")));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_renewal_follow_what_the_server_announces() {
        let now = Instant::now();
        let mut state = standing(now);
        assert_eq!(state.silence(), Duration::from_secs(30));
        assert_eq!(state.renew_at(), now.checked_add(Duration::from_secs(885)));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(0, 20), true, now, 1.0);
        assert_eq!((state.silence(), state.renew_at()), (DEFAULT_SILENCE, now.checked_add(Duration::from_secs(15))));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 4), true, now, 1.0);
        assert_eq!(state.renew_at(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_checkpoint_that_only_repeats_the_last_one_is_an_echo() {
        let now = Instant::now();
        let mut state = standing(now);
        state.receive(page(0, "a1", &["m1"], true), now, 0.0);
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), true, now, 0.0);
        assert_eq!(is_echo(&state.receive(page(0, "a2", &[], true), now, 0.0)), Some(true));
        assert_eq!(is_echo(&state.receive(page(0, "a3", &[], true), now, 0.0)), Some(false));
        assert_eq!(is_echo(&state.receive(page(1, "b1", &[], true), now, 0.0)), Some(false));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), false, now, 0.0);
        assert_eq!(is_echo(&state.receive(page(0, "a4", &[], true), now, 0.0)), Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn in_silence_a_reader_hears_every_ten_minutes() {
        let began = Instant::now();
        let mut state = standing(began);
        state.receive(page(0, "a1", &["m1"], true), began, 0.0);
        let almost = began + Duration::from_secs(599);
        assert!(matches!(state.receive(beat(0, "a2"), almost, 0.0), Received::Nothing));
        let late = began + Duration::from_secs(600);
        let Received::Page { page, .. } = state.receive(beat(0, "a3"), late, 0.0) else { panic!("no page") };
        assert_eq!((page.resume_token.as_str(), page.is_live, page.changes.len()), ("a3", true, 0));
        assert!(matches!(state.receive(beat(0, "a4"), late, 0.0), Received::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_that_ended_leaves_the_others_alone() {
        let now = Instant::now();
        let mut state = standing(now);
        let ended = event(0, Event::ScopeEnded(ScopeEnded { status: Some(status(Code::PermissionDenied)) }));
        let Received::ScopeEnded { scope, recovery, .. } = state.receive(ended, now, 0.0) else { panic!("goes on") };
        assert_eq!((scope, recovery.step), (A, NextStep::Fail));
        state.leave(A);
        assert!(matches!(state.receive(page(0, "a1", &["m1"], true), now, 0.0), Received::Nothing));
        assert!(matches!(state.receive(page(1, "b1", &["m1"], true), now, 0.0), Received::Page { scope: B, .. }));
        assert!(state.is_needed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_scope_that_fails_for_a_while_comes_back_slower_and_slower() {
        let now = Instant::now();
        let mut state = standing(now);
        let ended = || event(0, Event::ScopeEnded(ScopeEnded { status: Some(status(Code::Internal)) }));
        let Received::ScopeEnded { recovery, .. } = state.receive(ended(), now, 1.0) else { panic!("goes on") };
        assert_eq!((recovery.step, recovery.is_offline), (NextStep::Again, false));
        assert_eq!(recovery.delay, Duration::from_millis(250));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), true, now, 0.0);
        let Received::ScopeEnded { recovery, .. } = state.receive(ended(), now, 1.0) else { panic!("goes on") };
        assert_eq!((recovery.delay, recovery.is_offline), (Duration::from_millis(500), true));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_says_why_and_what_is_not_known_is_passed_over() {
        let now = Instant::now();
        let mut state = standing(now);
        let end = event(0, Event::End(End { status: Some(status(Code::Unavailable)) }));
        assert!(matches!(state.receive(end, now, 0.0), Received::Ended(error) if error.code() == Code::Unavailable));
        let unknown = SubscribeResponse { scope_index: 7, event: None };
        assert!(matches!(state.receive(unknown, now, 0.0), Received::Nothing));
        assert!(matches!(state.receive(page(7, "x", &[], true), now, 0.0), Received::Nothing));
        assert!(matches!(state.receive(page(-1, "x", &[], true), now, 0.0), Received::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn delays_double_until_a_page_comes_and_readers_hear_of_the_second_failure() {
        let now = Instant::now();
        let mut state = standing(now);
        let cut = Error::cut("");
        let first = state.fail(&cut, Moment::Reading, 1.0);
        assert_eq!((first.delay, first.is_offline), (Duration::from_millis(250), false));
        state.begin_opening(vec![A, B]);
        let second = state.fail(&cut, Moment::Opening, 1.0);
        assert_eq!((second.delay, second.is_offline), (Duration::from_millis(500), true));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), false, now, 0.0);
        assert_eq!(state.fail(&cut, Moment::Reading, 1.0).delay, Duration::from_secs(1));
        state.begin_opening(vec![A, B]);
        state.opened(&opened(15, 900), false, now, 0.0);
        state.receive(beat(0, "a1"), now, 0.0);
        assert_eq!(state.fail(&cut, Moment::Reading, 1.0).delay, Duration::from_millis(250));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_renewed_once_until_a_stream_stands() {
        let now = Instant::now();
        let mut state = standing(now);
        let expired = Error::new(Code::Unauthenticated, Some(Reason::ACCESS_TOKEN_EXPIRED), "");
        assert_eq!(state.fail(&expired, Moment::Reading, 1.0).step, NextStep::WithNewToken);
        state.begin_opening(vec![A, B]);
        assert_eq!(state.fail(&expired, Moment::Opening, 1.0).step, NextStep::Fail);
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_scope_whose_token_is_none_begins_anew() {
        let mut state = standing(Instant::now());
        let mut invalid = Error::new(Code::InvalidArgument, Some(Reason::RESUME_TOKEN_INVALID), "");
        invalid = invalid.with_metadata("scope", "1");
        state.join(A, Some("a0".into()), false);
        state.begin_opening(vec![A, B]);
        assert_eq!(state.fail(&invalid, Moment::Opening, 1.0).step, NextStep::Anew);
        assert_eq!((state.resume_token(A), state.resume_token(B)), (Some("a0"), None));
        assert_eq!(state.fail(&invalid, Moment::Opening, 1.0).step, NextStep::Fail);
    }
}
