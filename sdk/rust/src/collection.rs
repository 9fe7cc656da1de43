use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::calls::{Freshness, Rpc};
use crate::document::{DocumentRef, DocumentSnapshot};
use crate::follow::{Snapshots, Subscribe};
use crate::generated::vibe::data::v1 as wire;
use crate::generated::vibe::data::v1::document_service_client::DocumentServiceClient;
use crate::list::{ListPage, Listing, PageRequest};
use crate::space::Space;
use crate::write::{Write, verb};
use crate::{Result, name};

/// The address of a collection, with the type of its content. Naming it asks nothing.
pub struct Collection<T> {
    pub(crate) space: Space,
    id: Arc<str>,
    content: PhantomData<fn() -> T>,
}

impl<T> Collection<T> {
    pub(crate) fn new(space: Space, id: &str) -> Self {
        Self { space, id: id.into(), content: PhantomData }
    }

    /// The space that the collection lies in.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The collection's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The resource name, `spaces/{space}/collections/{collection}`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/collections/{}", self.space.name(), self.id)
    }

    /// Names a document, by its id of 1 to 64 characters of `[A-Za-z0-9._~-]`. Nothing is asked.
    #[must_use]
    pub fn document(&self, id: impl AsRef<str>) -> DocumentRef<T> {
        DocumentRef::new(self.clone(), id.as_ref())
    }

    /// Names a document that is not there yet, under a fresh id (`UUIDv7`). Nothing is asked.
    #[must_use]
    pub fn new_document(&self) -> DocumentRef<T> {
        self.document(Uuid::now_v7().to_string())
    }

    /// Lists the documents that the caller sees, in ascending order of their ids.
    ///
    /// One that is there from the first page to the last comes exactly once. A collection that holds nothing, or
    /// nothing visible, gives nothing. Nothing is asked before the listing is polled.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn example(movies: vibespace::Collection<vibespace::Object>) -> vibespace::Result<()> {
    /// let mut listing = movies.list().page_size(500);
    /// while let Some(movie) = listing.try_next().await? {
    ///     println!("{}", movie.id());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Listing<DocumentSnapshot<T>>
    where
        T: 'static,
    {
        let collection = self.clone();
        Listing::new(move |page| {
            let collection = collection.clone();
            async move { collection.fetch_documents(page).await }
        })
    }

    /// Follows the collection; the client holds the documents.
    ///
    /// Each item is a whole view that existed at one moment, the first when the first listing is complete; an empty
    /// collection gives an empty one. A slow reader skips moments and gets fewer, bigger steps. It reconnects by itself
    /// for ever, and shows that by [`CollectionSnapshot::live`](crate::CollectionSnapshot::live). It begins when it is
    /// first polled, and ends when it is dropped.
    ///
    /// # Errors
    ///
    /// It ends with the reason why the collection can be followed no longer: [`GRANT_REVOKED`], [`GRANT_EXPIRED`],
    /// [`NOT_GRANTED`], or `UNAUTHENTICATED` when signed out. On denial drop what you hold.
    ///
    /// [`GRANT_REVOKED`]: crate::Reason::GRANT_REVOKED
    /// [`GRANT_EXPIRED`]: crate::Reason::GRANT_EXPIRED
    /// [`NOT_GRANTED`]: crate::Reason::NOT_GRANTED
    pub fn snapshots(&self) -> Snapshots<T>
    where
        T: 'static,
    {
        Snapshots::new(self.clone())
    }

    /// Follows the collection; the reader holds the documents.
    ///
    /// Pages come in order and none is left out; the feed itself holds the last state of each document, not every
    /// state. Four pages are held ready. It reconnects by itself for ever and goes on after the last page that it gave.
    /// In silence a page without changes comes every ten minutes, so that a stored token does not age. It begins when
    /// it is first polled, and ends when it is dropped.
    ///
    /// # Errors
    ///
    /// As in [`snapshots`](Self::snapshots).
    pub fn subscribe(&self) -> Subscribe<T>
    where
        T: 'static,
    {
        Subscribe::new(self.clone())
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.space.check()?;
        name::check_id(&self.id)
    }

    async fn fetch_documents(&self, page: PageRequest) -> Result<ListPage<DocumentSnapshot<T>>> {
        self.check()?;
        let connection = &self.space.connection;
        let freshness = Freshness::new(connection, self.space.id(), page.consistency_token.as_deref());
        let response = connection
            .call(Rpc::LIST_DOCUMENTS, page.timeout, None, Some(&freshness), |attempt| {
                let request = attempt.request(wire::ListDocumentsRequest {
                    parent: self.name(),
                    page_size: page.size,
                    page_token: page.token.clone().unwrap_or_default(),
                    consistency_tokens: freshness.tokens(),
                    json_bodies: true,
                });
                async move { DocumentServiceClient::new(attempt.channel).list_documents(request).await }
            })
            .await?;
        if let Some(first) = response.documents.first() {
            connection.spaces.learn(self.space.id(), &first.name);
        }
        let documents = response.documents.into_iter().map(DocumentSnapshot::from_wire);
        Ok(ListPage::new(documents.collect(), response.next_page_token))
    }
}

impl<T: Serialize> Collection<T> {
    /// Adds a document under a fresh id, in the caller's own space: `new_document().create(value)`.
    ///
    /// # Errors
    ///
    /// [`NOT_GRANTED`](crate::Reason::NOT_GRANTED), [`FIELD_NOT_GRANTED`](crate::Reason::FIELD_NOT_GRANTED) for a
    /// member that the caller may not create, [`OWNER_REQUIRED`](crate::Reason::OWNER_REQUIRED) in another person's
    /// space.
    pub fn create(&self, value: &T) -> Write<verb::Create> {
        self.new_document().create(value)
    }
}

impl<T> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self { space: self.space.clone(), id: self.id.clone(), content: PhantomData }
    }
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collection").field(&self.name()).finish()
    }
}

impl<T> fmt::Display for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
