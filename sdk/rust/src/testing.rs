//! For the tests of apps: a real server for each test that needs one, and snapshots made by hand for those that do not.
//!
//! No fake stands in for the server: fakes agree with whoever wrote them.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tonic::Code;

use crate::document::Stored;
use crate::{AccessToken, BoxError, Client, DocumentSnapshot, Error, Operation, Result, TokenSource};

/// Makes a snapshot of a value, so that code that takes one is tested without any server.
///
/// ```
/// # fn main() -> vibespace::Result<()> {
/// let movie = vibespace::testing::snapshot("alien", &serde_json::json!({ "Title": "Alien" }))?;
/// assert_eq!(movie.value()?["Title"], "Alien");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The value is no JSON.
pub fn snapshot<T: Serialize>(id: impl Into<String>, value: &T) -> Result<DocumentSnapshot<T>> {
    let json =
        serde_json::to_string(value).map_err(|cause| Error::misuse("The value is no JSON.").with_source(cause))?;
    Ok(DocumentSnapshot::new(Arc::new(Stored {
        id: id.into(),
        json,
        etag: String::new(),
        create_time: SystemTime::UNIX_EPOCH,
        update_time: SystemTime::UNIX_EPOCH,
        acl: None,
    })))
}

/// A server of the test's own, on free ports, with nothing in it. It ends when it is dropped.
///
/// ```no_run
/// use vibespace::testing::{Allow, Server};
/// use vibespace::{Object, Operation};
///
/// # async fn example() -> vibespace::Result<()> {
/// let server = Server::start().await?;
/// let alice = server.person("alice").await?;
/// let notes = alice.app("notes", [Allow::new("people", [Operation::Read], ["/name"])]).await?;
/// let people = notes.client()?.me().collection::<Object>("people");
/// notes.revoke().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    place: Arc<Place>,
}

/// Where a server runs, for as long as anybody of it is around.
#[derive(Debug)]
struct Place {
    program: PathBuf,
    data: TempDir,
    address: String,
    // Killed when it is dropped.
    _process: Child,
}

impl Server {
    /// Starts `vibe`, by the path in the environment's `VIBE_COMMAND`, or as it is found by name.
    ///
    /// # Errors
    ///
    /// The program is not there, or does not start; the text says what it wrote.
    pub async fn start() -> Result<Self> {
        Self::start_program(std::env::var_os("VIBE_COMMAND").unwrap_or_else(|| "vibe".into())).await
    }

    /// Starts this program.
    ///
    /// # Errors
    ///
    /// As in [`start`](Self::start).
    pub async fn start_program(program: impl Into<PathBuf>) -> Result<Self> {
        let program = program.into();
        let data = TempDir::new().map_err(|cause| failed("No folder could be made.", cause))?;
        let mut process = Command::new(&program)
            .args(["dev", "--port", "0", "--json", "--data"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| failed(&format!("{} could not be started.", program.display()), cause))?;
        let stdout = process.stdout.take().ok_or_else(|| failed("The server writes nothing.", "no output"))?;
        let line = BufReader::new(stdout).lines().next_line().await;
        let line = line.map_err(|cause| failed("The server writes nothing.", cause))?.unwrap_or_default();
        let said: Value = serde_json::from_str(&line).map_err(|cause| failed("The server did not start.", cause))?;
        let address = said.get("grpc").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { place: Arc::new(Place { program, data, address, _process: process }) })
    }

    /// The address of gRPC over HTTP/2.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.place.address
    }

    /// Makes an account for a person.
    ///
    /// # Errors
    ///
    /// The server refuses the name.
    pub async fn person(&self, name: impl Into<String>) -> Result<Person> {
        let name = name.into();
        self.place.run(["account", "add", &name]).await?;
        Ok(Person { place: self.place.clone(), name })
    }
}

/// A person with an account, in a first-party session.
#[derive(Clone, Debug)]
pub struct Person {
    place: Arc<Place>,
    name: String,
}

impl Person {
    /// Makes a client that acts as the person.
    ///
    /// # Errors
    ///
    /// As in [`Client::new`].
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.place.address, self.token_source())
    }

    /// Gives the person's access tokens.
    #[must_use]
    pub fn token_source(&self) -> TokenSource {
        token_source(&self.place, &self.name, None)
    }

    /// Registers an app, and gives it access to the person's documents.
    ///
    /// # Errors
    ///
    /// The server refuses the app or the grant.
    pub async fn app(&self, id: impl Into<String>, allowed: impl IntoIterator<Item = Allow>) -> Result<App> {
        let id = id.into();
        let allowed: Vec<Allow> = allowed.into_iter().collect();
        let asked: Vec<Value> = allowed.iter().map(Allow::to_request).collect();
        let manifest = json!({ "id": id, "displayName": id, "description": "Made for a test.", "access": asked });
        let granted: Vec<Value> = allowed.iter().map(Allow::to_grant).collect();
        let manifest = file(&manifest)?;
        let grant = file(&json!({ "access": granted }))?;
        let as_person = [OsStr::new("--as"), OsStr::new(&self.name)];
        let words = [OsStr::new("app"), OsStr::new("add"), manifest.path().as_os_str()];
        self.place.run(words.into_iter().chain(as_person)).await?;
        let words = [OsStr::new("grant"), OsStr::new("add"), OsStr::new(&id), OsStr::new("--file")];
        self.place.run(words.into_iter().chain([grant.path().as_os_str()]).chain(as_person)).await?;
        Ok(App { person: self.clone(), id })
    }
}

/// An app that acts for a person by that person's consent.
#[derive(Clone, Debug)]
pub struct App {
    person: Person,
    id: String,
}

impl App {
    /// Makes a client that acts as the app.
    ///
    /// # Errors
    ///
    /// As in [`Client::new`].
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.person.place.address, self.token_source())
    }

    /// Gives the app's access tokens.
    #[must_use]
    pub fn token_source(&self) -> TokenSource {
        token_source(&self.person.place, &self.person.name, Some(&self.id))
    }

    /// Ends the person's consent.
    ///
    /// # Errors
    ///
    /// The grant has ended already.
    pub async fn revoke(&self) -> Result<()> {
        self.person.place.run(["grant", "revoke", &self.id, "--as", &self.person.name]).await?;
        Ok(())
    }
}

/// What an app is allowed in one collection.
#[derive(Clone, Debug)]
pub struct Allow {
    collection: String,
    operations: Vec<&'static str>,
    fields: Vec<String>,
    is_shared_included: bool,
}

impl Allow {
    /// Allows operations on members, by their JSON Pointers, or `*` for all.
    pub fn new<F: Into<String>>(
        collection: impl Into<String>,
        operations: impl IntoIterator<Item = Operation>,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        Self {
            collection: collection.into(),
            operations: operations.into_iter().map(name_of).collect(),
            fields: fields.into_iter().map(Into::into).collect(),
            is_shared_included: false,
        }
    }

    /// Allows them on documents of other people too, where their lists admit the person.
    #[must_use]
    pub fn include_shared(mut self) -> Self {
        self.is_shared_included = true;
        self
    }

    fn to_request(&self) -> Value {
        json!({
            "collection": self.collection,
            "operations": self.operations,
            "fields": self.fields,
            "includeShared": self.is_shared_included,
            "purpose": "To be tested.",
        })
    }

    fn to_grant(&self) -> Value {
        json!({
            "collection": self.collection,
            "operations": self.operations,
            "fields": self.fields,
            "includeShared": self.is_shared_included,
            "mode": "ACCESS_MODE_ALWAYS",
        })
    }
}

impl Place {
    /// Runs a command of the server's program on its data, and gives what it writes.
    async fn run<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Result<String> {
        let output = Command::new(&self.program)
            .args(words)
            .arg("--data")
            .arg(self.data.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|cause| failed(&format!("{} could not be run.", self.program.display()), cause))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim(), output.status.to_string()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

fn token_source(place: &Arc<Place>, person: &str, app: Option<&str>) -> TokenSource {
    let (place, person, app) = (place.clone(), person.to_owned(), app.map(str::to_owned));
    TokenSource::from_fn(move || {
        let (place, person, app) = (place.clone(), person.clone(), app.clone());
        async move {
            let app = app.iter().flat_map(|app| ["--app", app.as_str()]);
            let token = place.run(["token", "--as", &person].into_iter().chain(app)).await?;
            Ok(Some(AccessToken::new(token)))
        }
    })
}

fn file(content: &Value) -> Result<tempfile::NamedTempFile> {
    let write = || {
        let mut file = tempfile::Builder::new().suffix(".json").tempfile()?;
        write!(file, "{content}")?;
        Ok(file)
    };
    write().map_err(|cause: std::io::Error| failed("No file could be written.", cause))
}

fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "OPERATION_READ",
        Operation::Create => "OPERATION_CREATE",
        Operation::Update => "OPERATION_UPDATE",
        Operation::Delete => "OPERATION_DELETE",
        Operation::Share => "OPERATION_SHARE",
        Operation::Other(_) => "OPERATION_UNSPECIFIED",
    }
}

fn failed(text: &str, cause: impl Into<BoxError>) -> Error {
    Error::new(Code::Internal, None, text).with_source(cause)
}
