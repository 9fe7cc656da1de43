//! The clients and feeds of a scenario, and what is done with them.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::{Stream, TryStreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use vibespace::generated::vibe::data::v1::GetDocumentRequest;
use vibespace::generated::vibe::data::v1::document_service_client::DocumentServiceClient;
use vibespace::{
    AccessToken, BoxError, Client, Collection, DocumentRef, DocumentSnapshot, Edit, Error, Listing, RetryPolicy,
    TokenSource, Write, WriteBatch, verb,
};

use crate::observed;
use crate::requests::{BatchWrite, Request, Retry, Step};

/// Why a request has no observation.
pub enum Trouble {
    Client(Error),
    Misuse(String),
    Cancelled,
    Unknown(String),
    Broken(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

type Observed = Result<Value, Trouble>;

#[derive(Default)]
pub struct Runner {
    clients: Mutex<HashMap<String, Opened>>,
    feeds: Mutex<HashMap<String, Arc<Feed>>>,
}

#[derive(Clone)]
struct Opened {
    client: Client,
    tokens_asked: Arc<AtomicUsize>,
}

struct Feed {
    items: tokio::sync::Mutex<Items>,
    left: watch::Sender<bool>,
}

/// Views or pages, each under its name in the answer.
type Items = Pin<Box<dyn Stream<Item = Result<Value, Error>> + Send>>;

impl Runner {
    pub async fn run(&self, request: Request) -> Observed {
        match request {
            Request::Open { client, address, tokens, timeout, retry, application, .. } => {
                let opened = open(&address, tokens, timeout, retry, application)?;
                lock(&self.clients).insert(client, opened);
                Ok(json!({}))
            }
            Request::Close { client } => {
                self.client(&client)?.close().await;
                Ok(json!({}))
            }
            Request::TokensAsked { client } => {
                let opened = self.opened(&client)?;
                Ok(json!({ "count": opened.tokens_asked.load(Ordering::SeqCst) }))
            }
            Request::Id { client } => {
                let id = self.client(&client)?.me().collection::<Value>("any").new_document();
                Ok(json!({ "id": id.id() }))
            }
            Request::Pointer { segments, .. } => Ok(json!({ "pointer": vibespace::pointer(segments) })),
            Request::Next { feed } => self.next(&feed).await,
            Request::Leave { feed, .. } => {
                if let Some(feed) = lock(&self.feeds).remove(&feed) {
                    feed.left.send_replace(true);
                }
                Ok(json!({}))
            }
            Request::Snapshots { client, space, collection, feed } => {
                let views = self.collection(&client, &space, &collection)?.snapshots();
                let views = views.and_then(|view| async move { Ok(json!({ "snapshot": observed::view(&view)? })) });
                self.begin(feed, Box::pin(views));
                Ok(json!({}))
            }
            Request::Subscribe { client, space, collection, feed, resume_token } => {
                let pages = self.collection(&client, &space, &collection)?.subscribe().resume_token(resume_token);
                let pages = pages.and_then(|page| async move { Ok(json!({ "page": observed::page(&page)? })) });
                self.begin(feed, Box::pin(pages));
                Ok(json!({}))
            }
            Request::Cancel { .. } => Err(Trouble::Broken("a cancellation is no call".into())),
            read @ (Request::Get { .. }
            | Request::List { .. }
            | Request::Page { .. }
            | Request::Collections { .. }
            | Request::Raw { .. }) => self.read(read).await,
            write => self.write(write).await,
        }
    }

    async fn read(&self, request: Request) -> Observed {
        match request {
            Request::Get { client, space, collection, document, consistency_token, timeout } => {
                let mut get = self.document(&client, &space, &collection, &document)?.get();
                if let Some(token) = consistency_token {
                    get = get.consistency_token(token);
                }
                if let Some(timeout) = timeout {
                    get = get.timeout(duration(timeout));
                }
                let found = get.await?;
                Ok(json!({ "document": found.as_ref().map(observed::document).transpose()? }))
            }
            Request::List { client, space, collection, page_size, page_token, consistency_token, timeout } => {
                let listing = self.collection(&client, &space, &collection)?.list();
                let listing = tell(listing, page_size, page_token, consistency_token, timeout);
                let found: Vec<DocumentSnapshot<Value>> = listing.try_collect().await?;
                Ok(json!({ "documents": observed::documents(&found)? }))
            }
            Request::Page { client, space, collection, page_size, page_token, consistency_token, timeout } => {
                let listing = self.collection(&client, &space, &collection)?.list();
                let listing = tell(listing, page_size, page_token, consistency_token, timeout);
                let page = listing.pages().try_next().await?;
                let page = page.ok_or_else(|| Trouble::Broken("a listing has a page at least".into()))?;
                let documents = observed::documents(&page.items)?;
                Ok(json!({ "documents": documents, "nextPageToken": page.next_page_token }))
            }
            Request::Collections { client, space, page_size } => {
                let listing = self.client(&client)?.space(space).list_collections();
                let found = tell(listing, page_size, None, None, None);
                let ids: Vec<String> = found.map_ok(|found| found.id().to_owned()).try_collect().await?;
                Ok(json!({ "collections": ids }))
            }
            Request::Raw { client, space, collection, document } => {
                let name = self.document(&client, &space, &collection, &document)?.name();
                let mut stub = self.client(&client)?.raw(DocumentServiceClient::new);
                let request = GetDocumentRequest { name, ..GetDocumentRequest::default() };
                let found = stub.get_document(request).await.map_err(Error::from)?.into_inner();
                Ok(json!({ "etag": found.document.unwrap_or_default().etag }))
            }
            _ => Err(Trouble::Unknown("no read".into())),
        }
    }

    async fn write(&self, request: Request) -> Observed {
        match request {
            Request::Create { client, space, collection, document, value, acl, idempotency_key, timeout } => {
                let collection = self.collection(&client, &space, &collection)?;
                let mut write = match document {
                    Some(id) => collection.document(id).create(&value),
                    None => collection.create(&value),
                };
                if let Some(acl) = acl {
                    write = write.acl(&acl.to_acl());
                }
                send(write, idempotency_key, timeout).await
            }
            Request::Update {
                client,
                space,
                collection,
                document,
                members,
                edit,
                if_match,
                allow_missing,
                idempotency_key,
                timeout,
            } => {
                let document = self.document(&client, &space, &collection, &document)?;
                let write = update(&document, members, edit)?;
                send(missing(matching(write, if_match), allow_missing), idempotency_key, timeout).await
            }
            Request::Replace {
                client,
                space,
                collection,
                document,
                value,
                if_match,
                allow_missing,
                idempotency_key,
                timeout,
            } => {
                let write = self.document(&client, &space, &collection, &document)?.replace(&value);
                send(missing(matching(write, if_match), allow_missing), idempotency_key, timeout).await
            }
            Request::Delete {
                client,
                space,
                collection,
                document,
                if_match,
                allow_missing,
                idempotency_key,
                timeout,
            } => {
                let write = self.document(&client, &space, &collection, &document)?.delete();
                send(missing(matching(write, if_match), allow_missing), idempotency_key, timeout).await
            }
            Request::SetAcl { client, space, collection, document, acl, if_match, idempotency_key, timeout } => {
                let write = self.document(&client, &space, &collection, &document)?.set_acl(&acl.to_acl());
                send(matching(write, if_match), idempotency_key, timeout).await
            }
            Request::Batch { client, space, writes, twice, idempotency_key, timeout } => {
                let client = self.client(&client)?;
                let mut batch = client.space(&space).batch();
                for write in writes {
                    batch = push(batch, &client, &space, write)?;
                }
                let mut commit = batch.commit();
                if let Some(key) = idempotency_key {
                    commit = commit.idempotency_key(key);
                }
                if let Some(timeout) = timeout {
                    commit = commit.timeout(duration(timeout));
                }
                let results = commit.await?;
                if twice {
                    return Err(Trouble::Misuse("a committed batch is moved: a second commit does not compile".into()));
                }
                Ok(json!({ "results": results.iter().map(observed::written).collect::<Vec<_>>() }))
            }
            _ => Err(Trouble::Unknown("no write".into())),
        }
    }

    async fn next(&self, name: &str) -> Observed {
        let feed = lock(&self.feeds).get(name).cloned();
        let feed = feed.ok_or_else(|| Trouble::Broken(format!("no feed is called {name}")))?;
        let mut left = feed.left.subscribe();
        let item = async { feed.items.lock().await.try_next().await };
        tokio::select! {
            item = item => item?.ok_or_else(|| Trouble::Broken("the feed has ended".into())),
            _ = left.wait_for(|left| *left) => Err(Trouble::Cancelled),
        }
    }

    fn begin(&self, name: String, items: Items) {
        let feed = Feed { items: tokio::sync::Mutex::new(items), left: watch::Sender::new(false) };
        lock(&self.feeds).insert(name, Arc::new(feed));
    }

    fn opened(&self, name: &str) -> Result<Opened, Trouble> {
        let opened = lock(&self.clients).get(name).cloned();
        opened.ok_or_else(|| Trouble::Broken(format!("no client is called {name}")))
    }

    fn client(&self, name: &str) -> Result<Client, Trouble> {
        Ok(self.opened(name)?.client)
    }

    fn collection(&self, client: &str, space: &str, collection: &str) -> Result<Collection<Value>, Trouble> {
        Ok(self.client(client)?.space(space).collection(collection))
    }

    fn document(
        &self,
        client: &str,
        space: &str,
        collection: &str,
        document: &str,
    ) -> Result<DocumentRef<Value>, Trouble> {
        Ok(self.collection(client, space, collection)?.document(document))
    }
}

fn open(
    address: &str,
    tokens: Vec<Value>,
    timeout: Option<f64>,
    retry: Option<Retry>,
    application: Option<String>,
) -> Result<Opened, Trouble> {
    let tokens_asked = Arc::new(AtomicUsize::new(0));
    let (tokens, asked) = (Arc::new(tokens), tokens_asked.clone());
    let source = TokenSource::from_fn(move || {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let token = tokens.get(number).or_else(|| tokens.last()).cloned().unwrap_or_default();
        async move { give(token).await }
    });
    let mut builder = Client::builder(address, source);
    if let Some(timeout) = timeout {
        builder = builder.timeout(duration(timeout));
    }
    if let Some(retry) = retry {
        let mut policy = RetryPolicy::new();
        if let Some(attempts) = retry.max_attempts {
            policy = policy.max_attempts(attempts);
        }
        if let Some(delay) = retry.base_delay {
            policy = policy.base_delay(duration(delay));
        }
        if let Some(delay) = retry.max_delay {
            policy = policy.max_delay(duration(delay));
        }
        builder = builder.retry(policy);
    }
    if let Some(name) = application {
        builder = builder.application(name);
    }
    Ok(Opened { client: builder.build()?, tokens_asked })
}

async fn give(token: Value) -> Result<Option<AccessToken>, BoxError> {
    match &token {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(AccessToken::new(text))),
        Value::Object(members) if members.contains_key("hang") => std::future::pending().await,
        Value::Object(members) => match (&members.get("fail"), &members.get("value")) {
            (Some(fail), _) => Err(fail.as_str().unwrap_or_default().into()),
            (None, Some(Value::String(text))) => {
                let token = AccessToken::new(text);
                let lifetime = members.get("expiresIn").and_then(Value::as_f64);
                Ok(Some(match lifetime {
                    Some(ended) if ended < 0.0 => token.expires_at(SystemTime::now() - duration(-ended)),
                    Some(lifetime) => token.expires_in(duration(lifetime)),
                    None => token,
                }))
            }
            _ => Err(format!("{token} is no token").into()),
        },
        _ => Err(format!("{token} is no token").into()),
    }
}

fn tell<I>(
    mut listing: Listing<I>,
    page_size: Option<i32>,
    page_token: Option<String>,
    consistency_token: Option<String>,
    timeout: Option<f64>,
) -> Listing<I> {
    if let Some(size) = page_size {
        listing = listing.page_size(size);
    }
    if let Some(token) = page_token {
        listing = listing.page_token(token);
    }
    if let Some(token) = consistency_token {
        listing = listing.consistency_token(token);
    }
    if let Some(timeout) = timeout {
        listing = listing.timeout(duration(timeout));
    }
    listing
}

fn update(
    document: &DocumentRef<Value>,
    members: Option<Value>,
    edit: Option<Vec<Step>>,
) -> Result<Write<verb::Update>, Trouble> {
    match (members, edit) {
        (Some(members), None) => Ok(document.update(&members)),
        (None, Some(steps)) => {
            let step = |edit: Edit, step| match step {
                Step::Set(pointer, value) => edit.set(pointer, value),
                Step::Remove(pointer) => edit.remove(pointer),
            };
            Ok(document.update(steps.into_iter().fold(Edit::new(), step)))
        }
        _ => Err(Trouble::Unknown("an update takes members or an edit".into())),
    }
}

fn push(batch: WriteBatch, client: &Client, space: &str, write: BatchWrite) -> Result<WriteBatch, Trouble> {
    let BatchWrite { value, members, edit, acl, if_match, allow_missing, idempotency_key, timeout, .. } = write;
    let space = client.space(write.space.as_deref().unwrap_or(space));
    let document = space.collection::<Value>(&write.collection).document(&write.document);
    let key = idempotency_key;
    Ok(match (write.r#do.as_str(), value, acl) {
        ("create", Some(value), acl) if if_match.is_none() && !allow_missing => {
            let write = document.create(&value);
            let write = match acl {
                Some(acl) => write.acl(&acl.to_acl()),
                None => write,
            };
            batch.push(told(write, key, timeout))
        }
        ("update", None, None) => {
            let write = update(&document, members, edit)?;
            batch.push(told(missing(matching(write, if_match), allow_missing), key, timeout))
        }
        ("replace", Some(value), None) => {
            let write = document.replace(&value);
            batch.push(told(missing(matching(write, if_match), allow_missing), key, timeout))
        }
        ("delete", None, None) => {
            batch.push(told(missing(matching(document.delete(), if_match), allow_missing), key, timeout))
        }
        ("setAcl", None, Some(acl)) if !allow_missing => {
            batch.push(told(matching(document.set_acl(&acl.to_acl()), if_match), key, timeout))
        }
        (other, ..) => return Err(Trouble::Unknown(format!("no such write of a batch: {other}"))),
    })
}

async fn send<V: Send + 'static>(write: Write<V>, key: Option<String>, timeout: Option<f64>) -> Observed {
    Ok(observed::written(&told(write, key, timeout).await?))
}

fn told<V>(mut write: Write<V>, key: Option<String>, timeout: Option<f64>) -> Write<V> {
    if let Some(key) = key {
        write = write.idempotency_key(key);
    }
    if let Some(timeout) = timeout {
        write = write.timeout(duration(timeout));
    }
    write
}

fn matching<V: verb::OnExisting>(write: Write<V>, etag: Option<String>) -> Write<V> {
    match etag {
        Some(etag) => write.if_match(etag),
        None => write,
    }
}

fn missing<V: verb::OnMissing>(write: Write<V>, is_allowed: bool) -> Write<V> {
    if is_allowed { write.allow_missing() } else { write }
}

/// What is no duration is none, which the client refuses.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
