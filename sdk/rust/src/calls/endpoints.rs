use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::generated::vibe::identity::v1::server_service_client::ServerServiceClient;
use crate::generated::vibe::identity::v1::{Endpoint, GetServerRequest, GetServerResponse, Protocol};
use crate::{Error, Reason};

const PATIENCE: Duration = Duration::from_secs(10);

/// As long as the contract lets an answer be kept, and how soon one that led nowhere is doubted.
const KEPT: Duration = Duration::from_secs(300);
const KEPT_IN_DOUBT: Duration = Duration::from_secs(5);

/// Where each package is reached.
///
/// The server is asked beside the first call, which does not wait for it, and again beside later ones; until it has
/// answered, and where it does not, everything is at the given address.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    given: Arc<str>,
    state: Arc<Mutex<State>>,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Default)]
struct State {
    elsewhere: HashMap<String, Arc<str>>,
    asked_at: Option<Instant>,
    ask_again_at: Option<Instant>,
    fresh_until: Option<Instant>,
    question: Option<AbortHandle>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    is_asking: bool,
    has_been_asked: bool,
}

/// Tells those who wait when the question has ended, also where its task is dropped.
struct Question(watch::Sender<Progress>);

impl Endpoints {
    pub(crate) fn new(given: &Uri) -> Option<Self> {
        Some(Self { given: origin(given)?.into(), state: Arc::default(), progress: watch::Sender::default() })
    }

    pub(crate) fn given(&self) -> &Arc<str> {
        &self.given
    }

    /// The address of a package.
    pub(crate) fn of(&self, package: &str) -> Arc<str> {
        self.lock().elsewhere.get(package).unwrap_or(&self.given).clone()
    }

    /// Asks where that is due; within a runtime. Nobody waits for it.
    pub(crate) fn ask_beside(&self, channel: &Channel) {
        let mut state = self.lock();
        let now = Instant::now();
        if state.ask_again_at.is_none_or(|at| at <= now) {
            self.ask(&mut state, channel, now);
        }
    }

    /// Waits until the server has been asked once, for calls that are not tried again.
    pub(crate) async fn known(&self, patience: Duration) {
        let mut progress = self.progress.subscribe();
        // Whoever waited longer than the call may take makes it nevertheless, and it ends in its own way.
        let _ = tokio::time::timeout(patience, progress.wait_for(|progress| progress.has_been_asked)).await;
    }

    /// Whether a call that failed has another address to go to: nothing was done where its method is not known.
    pub(crate) async fn has_moved(&self, package: &str, tried: &str, error: &Error, channel: &Channel) -> bool {
        if error.code() == Code::Unavailable && tried != &*self.given {
            let mut state = self.lock();
            let soon = state.asked_at.map(|at| at + KEPT_IN_DOUBT);
            state.ask_again_at = state.ask_again_at.min(soon);
        }
        if !error.is(&Reason::METHOD_UNKNOWN) {
            return false;
        }
        if *self.of(package) == *tried {
            {
                let mut state = self.lock();
                let now = Instant::now();
                if state.fresh_until.is_none_or(|until| until <= now) {
                    self.ask(&mut state, channel, now);
                }
            }
            // The sender lives as long as this borrow, so that waiting cannot fail.
            let _ = self.progress.subscribe().wait_for(|progress| !progress.is_asking).await;
        }
        *self.of(package) != *tried
    }

    /// Gives up the question.
    pub(crate) fn close(&self) {
        if let Some(question) = self.lock().question.take() {
            question.abort();
        }
    }

    /// Asks the server, unless that is being done.
    fn ask(&self, state: &mut State, channel: &Channel, now: Instant) {
        if self.progress.borrow().is_asking {
            return;
        }
        state.asked_at = Some(now);
        state.ask_again_at = Some(now + KEPT);
        self.progress.send_modify(|progress| progress.is_asking = true);
        let question = Question(self.progress.clone());
        let (endpoints, channel) = (self.clone(), channel.clone());
        // A task of its own: it belongs to no call, and is in the trace of none.
        let task = tokio::spawn(async move {
            let _question = question;
            match describe(channel).await {
                Ok(server) => endpoints.learn(&server.endpoints),
                Err(status) => tracing::debug!(
                    target: "vibespace",
                    code = ?status.code(),
                    "the server did not say where it is reached; the given address stays"
                ),
            }
        });
        state.question = Some(task.abort_handle());
    }

    fn learn(&self, endpoints: &[Endpoint]) {
        let mut state = self.lock();
        state.elsewhere = elsewhere(&self.given, endpoints);
        state.fresh_until = Some(Instant::now() + KEPT_IN_DOUBT);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.0.send_replace(Progress { is_asking: false, has_been_asked: true });
    }
}

/// Asks, without a token.
async fn describe(channel: Channel) -> Result<GetServerResponse, Status> {
    let mut request = Request::new(GetServerRequest::default());
    request.set_timeout(PATIENCE);
    let mut server = ServerServiceClient::new(channel);
    match tokio::time::timeout(PATIENCE, server.get_server(request)).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(Status::deadline_exceeded("The server did not answer in time.")),
    }
}

/// Leads packages that the given address does not serve to the first that does.
///
/// A server that does not know the address it is reached by stands behind something that it does not know of: what it
/// says then leads nowhere.
fn elsewhere(given: &str, endpoints: &[Endpoint]) -> HashMap<String, Arc<str>> {
    let speaking: Vec<(String, &[String])> = endpoints
        .iter()
        .filter(|endpoint| endpoint.protocols.contains(&(Protocol::Grpc as i32)))
        .filter_map(|endpoint| Some((reachable(&endpoint.address, given)?, endpoint.packages.as_slice())))
        .collect();
    let here = || speaking.iter().filter(|(address, _)| address == given);
    if here().next().is_none() {
        return HashMap::new();
    }
    let stays: HashSet<&String> = here().flat_map(|(_, packages)| *packages).collect();
    let mut found = HashMap::new();
    for (address, packages) in &speaking {
        for package in packages.iter().filter(|package| !stays.contains(package)) {
            found.entry(package.clone()).or_insert_with(|| Arc::from(address.as_str()));
        }
    }
    found
}

/// Tokens go there: never by another scheme than the one that was chosen.
fn reachable(address: &str, given: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let origin = origin(&uri)?;
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    let scheme = |address: &str| address.split(':').next().map(str::to_owned);
    (is_bare && scheme(&origin) == scheme(given)).then_some(origin)
}

/// The address without what does not matter to where it leads.
fn origin(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str()?;
    let authority = uri.authority()?;
    let host = authority.host();
    let port = match (authority.port_u16(), scheme) {
        (Some(port), "http" | "https") => port,
        // What looks like a port and is none would be passed over.
        (None, "http") if authority.as_str() == host => 80,
        (None, "https") if authority.as_str() == host => 443,
        _ => return None,
    };
    let is_host = !host.is_empty() && !authority.as_str().contains('@');
    is_host.then(|| format!("{scheme}://{}:{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "https://vibe.example:443";

    fn named(given: &str, data: &str) -> HashMap<String, Arc<str>> {
        let at = |address: &str, package: &str| Endpoint {
            address: address.to_owned(),
            protocols: vec![Protocol::Grpc as i32],
            packages: vec![package.to_owned()],
        };
        elsewhere(GIVEN, &[at(given, "vibe.identity.v1"), at(data, "vibe.data.v1")])
    }

    #[test]
    fn what_is_named_is_used_where_the_given_address_is_named_and_the_other_can_be_reached() {
        let data = |given: &str, data: &str| named(given, data).get("vibe.data.v1").map(ToString::to_string);
        let given = "https://vibe.example";
        assert_eq!(
            data("https://VIBE.example:443/", "https://Data.vibe.example").as_deref(),
            Some("https://data.vibe.example:443")
        );
        assert_eq!(data("https://vibe.example:8443", "https://data.vibe.example"), None);
        for unreachable in [
            "http://data.vibe.example",
            "https://data.vibe.example/below",
            "https://me@data.vibe.example",
            "https://data.vibe.example:port",
            "data.vibe.example",
            "no address",
        ] {
            assert_eq!(data(given, unreachable), None, "{unreachable}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_is_asked_again_after_minutes_and_within_seconds_where_an_address_is_in_doubt() {
        // Nobody listens there: what counts is when it is asked.
        let channel = tonic::transport::Endpoint::from_static("http://127.0.0.1:9").connect_lazy();
        let endpoints = Endpoints::new(&Uri::from_static("https://vibe.example")).unwrap();
        let asked_after = async |seconds: u64| {
            tokio::time::advance(Duration::from_secs(seconds)).await;
            let before = endpoints.lock().asked_at;
            endpoints.ask_beside(&channel);
            let _ = endpoints.progress.subscribe().wait_for(|progress| !progress.is_asking).await;
            endpoints.lock().asked_at != before
        };
        assert!(asked_after(0).await);
        assert!(!asked_after(280).await);
        assert!(asked_after(20).await);
        endpoints.has_moved("vibe.data.v1", GIVEN, &Error::cut(""), &channel).await;
        assert!(!asked_after(15).await);
        endpoints.has_moved("vibe.data.v1", "https://data.vibe.example:443", &Error::cut(""), &channel).await;
        assert!(asked_after(15).await);
    }
}
