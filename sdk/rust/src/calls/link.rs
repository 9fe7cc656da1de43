use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Uri};
use tonic::transport::{Channel, Endpoint};

use crate::{Error, Result};

/// The connection to one address of the server, opened by the first call and kept.
#[derive(Debug)]
pub(crate) struct Link {
    endpoint: Endpoint,
    channel: Mutex<Option<Channel>>,
}

impl Link {
    pub(crate) fn new(address: &str, application: Option<&str>) -> Result<Self> {
        let invalid = |cause| Error::misuse("The address is no URL of a server.").with_source(cause);
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(invalid)?;
        let endpoint = match endpoint.uri().scheme_str() {
            Some("http") => endpoint,
            Some("https") => with_tls(endpoint)?,
            _ => return Err(Error::misuse("The address begins with http:// or https://.")),
        };
        let user_agent = describe(application);
        HeaderValue::from_str(&user_agent)
            .map_err(|cause| Error::misuse("No header can carry the application's name.").with_source(cause))?;
        let endpoint = endpoint.user_agent(user_agent).map_err(invalid)?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(10))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(15));
        Ok(Self { endpoint, channel: Mutex::default() })
    }

    pub(crate) fn uri(&self) -> &Uri {
        self.endpoint.uri()
    }

    /// The channel; must be asked for within a runtime.
    pub(crate) fn channel(&self) -> Result<Channel> {
        // Its worker is a task of the runtime.
        tokio::runtime::Handle::try_current()
            .map_err(|cause| Error::misuse("Calls are made within a Tokio runtime.").with_source(cause))?;
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(channel.get_or_insert_with(|| self.endpoint.connect_lazy()).clone())
    }

    /// Lets the connection go; it ends with the last call on it.
    pub(crate) fn close(&self) {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[cfg(any(feature = "tls-native-roots", feature = "tls-webpki-roots"))]
fn with_tls(endpoint: Endpoint) -> Result<Endpoint> {
    endpoint
        .tls_config(tonic::transport::ClientTlsConfig::new().with_enabled_roots())
        .map_err(|cause| Error::misuse("TLS cannot be set up.").with_source(cause))
}

#[cfg(not(any(feature = "tls-native-roots", feature = "tls-webpki-roots")))]
fn with_tls(_: Endpoint) -> Result<Endpoint> {
    Err(Error::misuse("An https address needs the feature tls-native-roots or tls-webpki-roots."))
}

fn describe(application: Option<&str>) -> String {
    let client = concat!("vibe-rust/", env!("CARGO_PKG_VERSION"));
    let user_agent = format!("{client} (tokio; {}) {}", std::env::consts::OS, application.unwrap_or_default());
    user_agent.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_names_the_client_and_the_app() {
        let os = std::env::consts::OS;
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(describe(Some("notes/2.1")), format!("vibe-rust/{version} (tokio; {os}) notes/2.1"));
        assert_eq!(describe(None), format!("vibe-rust/{version} (tokio; {os})"));
    }

    #[test]
    fn an_address_that_cannot_work_is_refused_at_once() {
        for address in ["", "127.0.0.1:5280", "ftp://vibe.example", "http://"] {
            assert!(Link::new(address, None).is_err_and(|error| error.is_misuse()), "{address}");
        }
        assert!(Link::new("http://127.0.0.1:5280", Some("line\nbreak")).is_err_and(|error| error.is_misuse()));
    }

    #[test]
    fn outside_a_runtime_a_call_is_a_mistake_and_no_panic() {
        let link = Link::new("http://127.0.0.1:5280", None);
        assert!(link.is_ok_and(|link| link.channel().is_err_and(|error| error.is_misuse())));
    }
}
