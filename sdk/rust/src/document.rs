use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost_types::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Code;

use crate::acl::Acl;
use crate::calls::{Freshness, Rpc};
use crate::collection::Collection;
use crate::generated::vibe::data::v1 as wire;
use crate::generated::vibe::data::v1::document_service_client::DocumentServiceClient;
use crate::generated::vibe::sync::v1 as sync;
use crate::write::{Changes, Write, verb};
use crate::{Error, Reason, Result, name};

/// The address of a document, whether it is there or not. Only its verbs ask anything, when they are awaited.
///
/// Each write goes out with an idempotency key, so that the client can repeat it safely.
pub struct DocumentRef<T> {
    collection: Collection<T>,
    id: Arc<str>,
}

impl<T> DocumentRef<T> {
    pub(crate) fn new(collection: Collection<T>, id: &str) -> Self {
        Self { collection, id: id.into() }
    }

    /// The collection that the document lies in.
    #[must_use]
    pub fn collection(&self) -> &Collection<T> {
        &self.collection
    }

    /// The document's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The resource name, `spaces/{space}/collections/{collection}/documents/{document}`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/documents/{}", self.collection.name(), self.id)
    }

    /// Reads the document, at least as fresh as the client's own writes; none for missing, deleted and hidden alike.
    ///
    /// ```no_run
    /// # async fn example(movies: vibespace::Collection<vibespace::Object>) -> vibespace::Result<()> {
    /// if let Some(alien) = movies.document("alien").get().await? {
    ///     println!("{}", alien.value()?["Title"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NOT_GRANTED`](Reason::NOT_GRANTED) without a grant, whether it is there or not.
    pub fn get(&self) -> Get<T> {
        Get { document: self.clone(), consistency_token: None, timeout: None }
    }

    /// Changes members and leaves all others as they are.
    ///
    /// What serializes to an object names members: what is named is written, null included, and nothing is removed.
    /// Members are replaced whole, and a name here is always a name. An [`Edit`](crate::Edit) sets and removes by
    /// paths, however deep.
    ///
    /// # Errors
    ///
    /// [`RESOURCE_NOT_FOUND`](Reason::RESOURCE_NOT_FOUND) when it is missing, deleted or hidden,
    /// [`ETAG_MISMATCH`](Reason::ETAG_MISMATCH), [`NOT_GRANTED`](Reason::NOT_GRANTED),
    /// [`FIELD_NOT_GRANTED`](Reason::FIELD_NOT_GRANTED), [`ACL_DENIED`](Reason::ACL_DENIED), and
    /// [`MEMBER_NOT_OBJECT`](Reason::MEMBER_NOT_OBJECT) when something on the way of a path is no object.
    pub fn update(&self, changes: impl Changes) -> Write<verb::Update> {
        Write::update(self, changes)
    }

    /// Deletes the document whole, with members that the caller cannot see. Its id is never free again.
    ///
    /// # Errors
    ///
    /// [`RESOURCE_NOT_FOUND`](Reason::RESOURCE_NOT_FOUND) when it is missing, deleted or hidden,
    /// [`ETAG_MISMATCH`](Reason::ETAG_MISMATCH), [`NOT_GRANTED`](Reason::NOT_GRANTED),
    /// [`ACL_DENIED`](Reason::ACL_DENIED).
    pub fn delete(&self) -> Write<verb::Delete> {
        Write::delete(self)
    }

    /// Replaces the document's access list, whole. The content stays as it is.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update); [`ACL_DENIED`](Reason::ACL_DENIED) also when the list gives what the caller
    /// does not have.
    pub fn set_acl(&self, acl: &Acl) -> Write<verb::SetAcl> {
        Write::set_acl(self, acl)
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.collection.check()?;
        name::check_id(&self.id)
    }
}

impl<T: Serialize> DocumentRef<T> {
    /// Adds the document under this id, which must never have been used, in the caller's own space. At most 1 MiB as
    /// canonical JSON.
    ///
    /// # Errors
    ///
    /// [`RESOURCE_EXISTS`](Reason::RESOURCE_EXISTS) when the id is used or ever was,
    /// [`NOT_GRANTED`](Reason::NOT_GRANTED), [`FIELD_NOT_GRANTED`](Reason::FIELD_NOT_GRANTED) for a member that the
    /// caller may not create, [`OWNER_REQUIRED`](Reason::OWNER_REQUIRED) in another person's space.
    pub fn create(&self, value: &T) -> Write<verb::Create> {
        Write::create(self, value)
    }

    /// Makes the document exactly this, as far as the caller may update it: members that are left out are removed,
    /// those that the caller may not update stay.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update).
    pub fn replace(&self, value: &T) -> Write<verb::Replace> {
        Write::replace(self, value)
    }
}

impl<T> Clone for DocumentRef<T> {
    fn clone(&self) -> Self {
        Self { collection: self.collection.clone(), id: self.id.clone() }
    }
}

impl<T> fmt::Debug for DocumentRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DocumentRef").field(&self.name()).finish()
    }
}

impl<T> fmt::Display for DocumentRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A read of one document, sent when it is awaited.
#[derive(Debug)]
#[must_use = "a read is sent when it is awaited"]
pub struct Get<T> {
    document: DocumentRef<T>,
    consistency_token: Option<String>,
    timeout: Option<Duration>,
}

impl<T> Get<T> {
    /// Asks for an answer at least as fresh as the write that gave this token. Writes of the same client need none.
    pub fn consistency_token(mut self, token: impl Into<String>) -> Self {
        self.consistency_token = Some(token.into());
        self
    }

    /// How long the call may take as a whole, instead of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn send(self) -> Result<Option<DocumentSnapshot<T>>> {
        let document = self.document;
        document.check()?;
        let space = document.collection.space();
        let connection = &space.connection;
        let freshness = Freshness::new(connection, space.id(), self.consistency_token.as_deref());
        let answer = connection
            .call(Rpc::GET_DOCUMENT, self.timeout, None, Some(&freshness), |attempt| {
                let request = attempt.request(wire::GetDocumentRequest {
                    name: document.name(),
                    consistency_tokens: freshness.tokens(),
                    json_bodies: true,
                });
                async move { DocumentServiceClient::new(attempt.channel).get_document(request).await }
            })
            .await;
        let found = match answer {
            Err(missing) if missing.is(&Reason::RESOURCE_NOT_FOUND) => return Ok(None),
            answer => answer?.document.unwrap_or_default(),
        };
        connection.spaces.learn(space.id(), &found.name);
        Ok(Some(DocumentSnapshot::from_wire(found)))
    }
}

impl<T: 'static> IntoFuture for Get<T> {
    type Output = Result<Option<DocumentSnapshot<T>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A document as the caller saw it at one moment: a value without any connection, to be kept, compared and shown.
pub struct DocumentSnapshot<T> {
    pub(crate) stored: Arc<Stored>,
    content: PhantomData<fn() -> T>,
}

/// A document before its content has a type.
#[derive(Debug, PartialEq)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) json: String,
    pub(crate) etag: String,
    pub(crate) create_time: SystemTime,
    pub(crate) update_time: SystemTime,
    pub(crate) acl: Option<Acl>,
}

/// The content of a document of which the caller may read nothing.
const NO_MEMBERS: &str = "{}";

impl Stored {
    pub(crate) fn from_put(id: String, put: sync::Put) -> Self {
        let json = match put.content {
            Some(sync::put::Content::Json(json)) => to_text(&json),
            _ => NO_MEMBERS.to_owned(),
        };
        Self {
            id,
            json,
            etag: put.etag,
            create_time: to_time(put.create_time),
            update_time: to_time(put.update_time),
            acl: put.acl.map(Acl::from_wire),
        }
    }

    fn from_wire(document: wire::Document) -> Self {
        let json = match document.content {
            Some(wire::document::Content::Json(json)) => to_text(&json),
            _ => NO_MEMBERS.to_owned(),
        };
        Self {
            id: name::last_id(&document.name).to_owned(),
            json,
            etag: document.etag,
            create_time: to_time(document.create_time),
            update_time: to_time(document.update_time),
            acl: document.acl.map(Acl::from_wire),
        }
    }
}

impl<T> DocumentSnapshot<T> {
    pub(crate) fn new(stored: Arc<Stored>) -> Self {
        Self { stored, content: PhantomData }
    }

    pub(crate) fn from_wire(document: wire::Document) -> Self {
        Self::new(Arc::new(Stored::from_wire(document)))
    }

    /// The document's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.stored.id
    }

    /// The content as canonical JSON (RFC 8785), as it came: to forward, hash or store without parsing.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.stored.json
    }

    /// Identifies what the caller sees of the document; it changes when, and only when, that changes. Writes quote it
    /// in `if_match`.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.stored.etag
    }

    /// When the document came into this caller's view, which may be long after it was made: its creation, or the change
    /// of its access list that let the caller in.
    #[must_use]
    pub fn create_time(&self) -> SystemTime {
        self.stored.create_time
    }

    /// When anything that the caller may read was last changed.
    #[must_use]
    pub fn update_time(&self) -> SystemTime {
        self.stored.update_time
    }

    /// The access list; none for callers that may not share the document, and where it leaves access to the owner
    /// alone.
    #[must_use]
    pub fn acl(&self) -> Option<&Acl> {
        self.stored.acl.as_ref()
    }
}

impl<T: DeserializeOwned> DocumentSnapshot<T> {
    /// Decodes the content; members that the type does not know are passed over.
    ///
    /// # Errors
    ///
    /// The content does not fit the type; the source says where. Other documents are not affected.
    pub fn value(&self) -> Result<T> {
        serde_json::from_str(&self.stored.json)
            .map_err(|cause| Error::new(Code::Internal, None, "The content does not fit the type.").with_source(cause))
    }
}

impl<T> Clone for DocumentSnapshot<T> {
    fn clone(&self) -> Self {
        Self::new(self.stored.clone())
    }
}

impl<T> PartialEq for DocumentSnapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.stored == other.stored
    }
}

/// Shows no content, so that it does not end in a log.
impl<T> fmt::Debug for DocumentSnapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentSnapshot").field("id", &self.id()).field("etag", &self.etag()).finish_non_exhaustive()
    }
}

/// Copied, since the bytes are a part of a whole page, which would be kept for as long as the document.
fn to_text(json: &[u8]) -> String {
    String::from_utf8_lossy(json).into_owned()
}

pub(crate) fn to_time(time: Option<Timestamp>) -> SystemTime {
    time.and_then(|time| SystemTime::try_from(time).ok()).unwrap_or(SystemTime::UNIX_EPOCH)
}
