use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::calls::{Connection, Options, RawChannel};
use crate::space::Space;
use crate::{Result, RetryPolicy, TokenSource};

/// A connection to a Vibe server, as the person and app that its token stands for.
///
/// Making one does no I/O; the first call opens the connection, and belongs to the Tokio runtime that it is made on. It
/// is cheap to clone and safe to share; make one per process. The connection ends with the last clone and the last
/// address made of it, or by [`close`](Self::close).
///
/// Beside its first call, and every five minutes while there are calls, it asks the server without the token how it is
/// reached (`GetServer`). What the given address does not serve is then asked for, with the token, at the address that
/// the server names for it, by the same scheme; where the server does not name the given address, all stays there.
///
/// ```
/// # fn main() -> vibespace::Result<()> {
/// use std::time::Duration;
/// use vibespace::Client;
///
/// let vibe = Client::builder("http://127.0.0.1:5280", "token")
///     .application("notes/2.1")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    connection: Arc<Connection>,
}

impl Client {
    /// Makes a client for a server's address, with `http` in HTTP/2 without TLS, and for a token or a source of them.
    ///
    /// # Errors
    ///
    /// The address is no URL that this build can use, or the token cannot be sent; both are mistakes of the program.
    pub fn new(address: impl AsRef<str>, token: impl Into<TokenSource>) -> Result<Self> {
        Self::builder(address, token).build()
    }

    /// Begins a client with deadline, retries and name of the app.
    pub fn builder(address: impl AsRef<str>, token: impl Into<TokenSource>) -> ClientBuilder {
        let options = Options { timeout: Duration::from_secs(30), retry: RetryPolicy::default(), application: None };
        ClientBuilder { address: address.as_ref().to_owned(), source: token.into(), options }
    }

    /// The space of the person that the token stands for.
    #[must_use]
    pub fn me(&self) -> Space {
        self.space("me")
    }

    /// Names a person's space by its id. Nothing is asked.
    #[must_use]
    pub fn space(&self, id: impl AsRef<str>) -> Space {
        Space::new(self.connection.clone(), id.as_ref())
    }

    /// Opens a generated client on the same connection, with the client's token, deadline and user-agent.
    ///
    /// Calls through it are not retried, carry no idempotency key and no consistency token, and fail with
    /// [`tonic::Status`], which [`Error`](crate::Error) is made from. A deadline or an authorization of the call's own
    /// wins.
    ///
    /// ```no_run
    /// # async fn example(vibe: vibespace::Client) -> vibespace::Result<()> {
    /// use vibespace::generated::vibe::consent::v1::ListGrantsRequest;
    /// use vibespace::generated::vibe::consent::v1::grant_service_client::GrantServiceClient;
    ///
    /// let mut grants = vibe.raw(GrantServiceClient::new);
    /// let request = ListGrantsRequest { parent: "spaces/me".into(), ..Default::default() };
    /// println!("{}", grants.list_grants(request).await?.into_inner().grants.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw<S>(&self, open: impl FnOnce(RawChannel) -> S) -> S {
        open(RawChannel::new(self.connection.clone()))
    }

    /// Closes the client and all its clones: new calls are refused as mistakes of the program, subscriptions end so,
    /// and calls under way have five seconds. Twice is fine.
    pub async fn close(&self) {
        self.connection.close().await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// What a [`Client`] is made of.
#[derive(Debug)]
#[must_use = "a builder makes no client before `build`"]
pub struct ClientBuilder {
    address: String,
    source: TokenSource,
    options: Options,
}

impl ClientBuilder {
    /// How long a call may take as a whole, attempts, delays and token renewal together; 30 seconds unless set. The
    /// server is told it too. Each verb takes its own. Subscriptions have none.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = timeout;
        self
    }

    /// How calls and subscriptions try again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// Name and version of the app, such as `notes/2.1`, told to the server in the user-agent.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.options.application = Some(name.into());
        self
    }

    /// Makes the client. No I/O is done.
    ///
    /// # Errors
    ///
    /// As in [`Client::new`].
    pub fn build(self) -> Result<Client> {
        let connection = Connection::new(&self.address, self.source, self.options)?;
        Ok(Client { connection: Arc::new(connection) })
    }
}
