use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use uuid::Uuid;

use crate::acl::Acl;
use crate::calls::Rpc;
use crate::document::{DocumentRef, to_time};
use crate::edit::Edit;
use crate::generated::vibe::data::v1 as wire;
use crate::generated::vibe::data::v1::document_service_client::DocumentServiceClient;
use crate::generated::vibe::data::v1::write::Action;
use crate::space::Space;
use crate::{Error, Result, name};

/// What a [`Write`] does; each verb takes its own options.
pub mod verb {
    /// Adds a document.
    #[derive(Debug)]
    pub enum Create {}

    /// Changes members of a document.
    #[derive(Debug)]
    pub enum Update {}

    /// Makes a document exactly what is given.
    #[derive(Debug)]
    pub enum Replace {}

    /// Deletes a document.
    #[derive(Debug)]
    pub enum Delete {}

    /// Replaces the access list of a document.
    #[derive(Debug)]
    pub enum SetAcl {}

    /// A verb on a document that is there, which may depend on its etag.
    pub trait OnExisting: sealed::Verb {}

    /// A verb that may take a missing document too.
    pub trait OnMissing: sealed::Verb {}

    impl OnExisting for Update {}
    impl OnExisting for Replace {}
    impl OnExisting for Delete {}
    impl OnExisting for SetAcl {}
    impl OnMissing for Update {}
    impl OnMissing for Replace {}
    impl OnMissing for Delete {}

    pub(super) mod sealed {
        pub trait Verb {}

        impl Verb for super::Update {}
        impl Verb for super::Replace {}
        impl Verb for super::Delete {}
        impl Verb for super::SetAcl {}
    }
}

/// What [`update`](DocumentRef::update) takes: a reference to what serializes to an object of members, or an [`Edit`].
pub trait Changes: changes::Sealed {}

impl Changes for Edit {}
impl<M: Serialize + ?Sized> Changes for &M {}

mod changes {
    use super::{Edit, Error, Result, Serialize, to_json};

    /// The values and their paths.
    #[derive(Debug)]
    pub struct Parts {
        pub(super) json: Vec<u8>,
        pub(super) paths: Vec<String>,
    }

    pub trait Sealed {
        fn parts(self) -> Result<Parts>;
    }

    impl Sealed for Edit {
        fn parts(self) -> Result<Parts> {
            Ok(Parts { json: self.to_body()?, paths: self.paths().map(str::to_owned).collect() })
        }
    }

    impl<M: Serialize + ?Sized> Sealed for &M {
        fn parts(self) -> Result<Parts> {
            let json = to_json(self)?;
            if json.first() != Some(&b'{') {
                return Err(Error::misuse("Members are an object or a map of names to values."));
            }
            Ok(Parts { json, paths: Vec::new() })
        }
    }
}

/// A write, sent when it is awaited, or pushed to a [`WriteBatch`].
///
/// ```no_run
/// # async fn example(movies: vibespace::Collection<vibespace::Object>) -> vibespace::Result<()> {
/// use serde_json::json;
///
/// let alien = movies.document("alien");
/// alien.update(&json!({ "Rating": 8.5 })).if_match("*").await?;
/// # Ok(())
/// # }
/// ```
///
/// One that is neither awaited nor pushed warns, and what does not fit a verb does not compile:
///
/// ```compile_fail
/// # async fn example(movies: vibespace::Collection<vibespace::Object>, movie: vibespace::Object) {
/// let _ = movies.create(&movie).if_match("*").await;
/// # }
/// ```
#[must_use = "a write is sent when it is awaited, or with the batch that it is pushed to"]
pub struct Write<V> {
    space: Space,
    collection: String,
    document: String,
    action: Result<Action>,
    if_match: Option<String>,
    idempotency_key: Option<String>,
    timeout: Option<Duration>,
    verb: PhantomData<fn() -> V>,
}

impl Write<verb::Create> {
    pub(crate) fn create<T: Serialize>(document: &DocumentRef<T>, value: &T) -> Self {
        let action = to_json(value).map(|json| {
            Action::Create(wire::CreateWrite {
                content: Some(wire::create_write::Content::Json(json.into())),
                acl: None,
            })
        });
        Self::new(document, action)
    }

    /// The access list of the new document; without one, the owner alone has access.
    pub fn acl(mut self, acl: &Acl) -> Self {
        if let Ok(Action::Create(create)) = &mut self.action {
            create.acl = Some(acl.to_wire());
        }
        self
    }
}

impl Write<verb::Update> {
    pub(crate) fn update<T>(document: &DocumentRef<T>, changes: impl Changes) -> Self {
        Self::new(document, changes.parts().map(|parts| update(parts.json, parts.paths)))
    }
}

impl Write<verb::Replace> {
    pub(crate) fn replace<T: Serialize>(document: &DocumentRef<T>, value: &T) -> Self {
        Self::new(document, to_json(value).map(|json| update(json, vec!["*".into()])))
    }
}

impl Write<verb::Delete> {
    pub(crate) fn delete<T>(document: &DocumentRef<T>) -> Self {
        Self::new(document, Ok(Action::Delete(wire::DeleteWrite { allow_missing: false })))
    }
}

impl Write<verb::SetAcl> {
    pub(crate) fn set_acl<T>(document: &DocumentRef<T>, acl: &Acl) -> Self {
        Self::new(document, Ok(Action::SetAcl(wire::SetAclWrite { acl: Some(acl.to_wire()) })))
    }
}

impl<V: verb::OnExisting> Write<V> {
    /// The etag that the document must still have for the caller, or `*` for one that must exist. When it differs the
    /// write fails with [`ETAG_MISMATCH`](crate::Reason::ETAG_MISMATCH), whose metadata quotes the present one.
    pub fn if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }
}

impl<V: verb::OnMissing> Write<V> {
    /// Lets an update or replace create the document when its id was never used, and a delete succeed when there is
    /// nothing to delete.
    pub fn allow_missing(mut self) -> Self {
        match &mut self.action {
            Ok(Action::Update(update)) => update.allow_missing = true,
            Ok(Action::Delete(delete)) => delete.allow_missing = true,
            _ => {}
        }
        self
    }
}

impl<V> Write<V> {
    fn new<T>(document: &DocumentRef<T>, action: Result<Action>) -> Self {
        let collection = document.collection();
        Self {
            space: collection.space().clone(),
            collection: collection.id().to_owned(),
            document: document.id().to_owned(),
            action: document.check().and(action),
            if_match: None,
            idempotency_key: None,
            timeout: None,
            verb: PhantomData,
        }
    }

    /// A key of the caller's own, 1 to 64 characters of `[A-Za-z0-9._~-]`, for writes that must not double across a
    /// restart. Without one, each call has a random key, the same on every attempt. The server keeps keys for at least
    /// a day. Not for a write within a batch.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// How long the call may take as a whole, instead of the client's. Not for a write within a batch.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn into_wire(self) -> Result<wire::Write> {
        Ok(wire::Write {
            document: format!("{}/collections/{}/documents/{}", self.space.name(), self.collection, self.document),
            if_match: self.if_match.unwrap_or_default(),
            action: Some(self.action?),
        })
    }

    async fn send(mut self) -> Result<WriteResult> {
        let space = self.space.clone();
        let key = self.idempotency_key.take();
        let timeout = self.timeout;
        let results = commit(&space, vec![self.into_wire()?], key, timeout).await?;
        results.into_iter().next().ok_or_else(|| Error::new(tonic::Code::Internal, None, "The answer has no result."))
    }
}

impl<V: 'static> IntoFuture for Write<V> {
    type Output = Result<WriteResult>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<V> fmt::Debug for Write<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("document", &self.document).finish_non_exhaustive()
    }
}

/// What became of a write. It never carries content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteResult {
    /// The document's id.
    pub id: String,
    /// The etag after the write, for the caller; none after a deletion and where the caller may read nothing.
    pub etag: Option<String>,
    /// The time of update after the write, for the caller; none where the etag is.
    pub update_time: Option<SystemTime>,
    /// Stands for the moment of the write. Reads in another process that quote it see the write; those of the same
    /// client do so by themselves.
    pub consistency_token: String,
}

/// Writes to documents of one space, carried out all or none, as one moment: no read and no snapshot shows half of
/// them. At most 500, each to another document, each with conditions of its own.
///
/// ```no_run
/// # async fn example(vibe: vibespace::Client, movie: vibespace::Object) -> vibespace::Result<()> {
/// let movies = vibe.me().collection("movies");
/// vibe.me().batch().push(movies.create(&movie)).push(movies.document("old").delete()).commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// A committed batch is gone, so that nobody commits it twice:
///
/// ```compile_fail
/// # async fn example(vibe: vibespace::Client) {
/// let batch = vibe.me().batch();
/// let first = batch.commit().await;
/// let again = batch.commit().await;
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a batch is sent when it is committed"]
pub struct WriteBatch {
    space: Space,
    writes: Vec<wire::Write>,
    mistake: Option<Error>,
}

impl WriteBatch {
    pub(crate) fn new(space: Space) -> Self {
        Self { space, writes: Vec::new(), mistake: None }
    }

    /// Adds a write. One to another space, and one with a key or a timeout of its own, fails the commit as a mistake of
    /// the program.
    pub fn push<V>(mut self, write: Write<V>) -> Self {
        match self.place(write) {
            Ok(write) => self.writes.push(write),
            Err(mistake) => {
                self.mistake.get_or_insert(mistake);
            }
        }
        self
    }

    /// How many writes the batch holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Tells whether the batch holds no write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Carries out all writes, or none, when it is awaited; gives one result for each write, in their order.
    ///
    /// # Errors
    ///
    /// What the refused write would have failed with alone; its place, counted from 0, is in the metadata as `write`.
    pub fn commit(self) -> Commit {
        Commit { batch: self, idempotency_key: None, timeout: None }
    }

    fn place<V>(&self, mut write: Write<V>) -> Result<wire::Write> {
        let spaces = &self.space.connection.spaces;
        let is_of_client = Arc::ptr_eq(&write.space.connection, &self.space.connection);
        if !is_of_client || spaces.resolve(write.space.id()) != spaces.resolve(self.space.id()) {
            return Err(Error::misuse("A batch holds documents of its own space alone."));
        }
        if write.idempotency_key.is_some() || write.timeout.is_some() {
            return Err(Error::misuse("Key and timeout are the batch's: give them to its commit."));
        }
        write.space = self.space.clone();
        write.into_wire()
    }
}

/// The commit of a batch, sent when it is awaited.
#[derive(Debug)]
#[must_use = "a batch is sent when its commit is awaited"]
pub struct Commit {
    batch: WriteBatch,
    idempotency_key: Option<String>,
    timeout: Option<Duration>,
}

impl Commit {
    /// A key of the caller's own for the whole batch, as in [`Write::idempotency_key`].
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// How long the call may take as a whole, instead of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn send(self) -> Result<Vec<WriteResult>> {
        match self.batch.mistake {
            Some(mistake) => Err(mistake),
            None => commit(&self.batch.space, self.batch.writes, self.idempotency_key, self.timeout).await,
        }
    }
}

impl IntoFuture for Commit {
    type Output = Result<Vec<WriteResult>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The one path of all writes: each is a batch, be it of one.
async fn commit(
    space: &Space,
    writes: Vec<wire::Write>,
    idempotency_key: Option<String>,
    timeout: Option<Duration>,
) -> Result<Vec<WriteResult>> {
    space.check()?;
    let connection = &space.connection;
    let request = wire::BatchWriteRequest {
        parent: space.name(),
        writes,
        idempotency_key: idempotency_key.unwrap_or_else(|| Uuid::new_v4().simple().to_string()),
    };
    let ledger = connection.spaces.of(space.id());
    // The first attempt counts: it may be the one that is carried out.
    let mut sent = None;
    let response = connection
        .call(Rpc::BATCH_WRITE, timeout, Some(&ledger.places), None, |attempt| {
            sent.get_or_insert_with(|| connection.spaces.next());
            let request = attempt.request(request.clone());
            async move { DocumentServiceClient::new(attempt.channel).batch_write(request).await }
        })
        .await?;
    if let Some(first) = response.results.first() {
        connection.spaces.learn(space.id(), &first.document);
    }
    let arrived = connection.spaces.next();
    let tokens = &connection.spaces.of(space.id()).tokens;
    tokens.acknowledge(response.consistency_token.clone(), sent.unwrap_or(arrived), arrived);
    let results = response.results.into_iter().map(|result| WriteResult {
        id: name::last_id(&result.document).to_owned(),
        etag: Some(result.etag).filter(|etag| !etag.is_empty()),
        update_time: result.update_time.map(|time| to_time(Some(time))),
        consistency_token: response.consistency_token.clone(),
    });
    Ok(results.collect())
}

fn update(json: Vec<u8>, update_paths: Vec<String>) -> Action {
    let content = Some(wire::update_write::Content::Json(json.into()));
    Action::Update(wire::UpdateWrite { content, update_paths, allow_missing: false })
}

fn to_json<M: Serialize + ?Sized>(value: &M) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|cause| Error::misuse("The value is no JSON.").with_source(cause))
}
