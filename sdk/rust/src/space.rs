use std::fmt;
use std::sync::Arc;

use crate::calls::{Connection, Freshness, Rpc};
use crate::collection::Collection;
use crate::generated::vibe::data::v1 as wire;
use crate::generated::vibe::data::v1::collection_service_client::CollectionServiceClient;
use crate::list::{ListPage, Listing, PageRequest};
use crate::write::WriteBatch;
use crate::{Object, Result, name};

/// The address of a person's space. Naming it asks nothing.
#[derive(Clone)]
pub struct Space {
    pub(crate) connection: Arc<Connection>,
    id: Arc<str>,
}

impl Space {
    pub(crate) fn new(connection: Arc<Connection>, id: &str) -> Self {
        Self { connection, id: id.into() }
    }

    /// The space's id; `me` for the space of the person that the token stands for.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The resource name, `spaces/{space}`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("spaces/{}", self.id)
    }

    /// Names a collection with the type of its content, 1 to 64 characters of `[A-Za-z0-9._~-]`.
    ///
    /// The type is what serde makes of the documents; [`Object`] is raw JSON. Collections need no making; one is there
    /// with its first document. An app sees what its grant lets it read: what may be hidden must be optional in the
    /// type.
    ///
    /// ```
    /// # fn main() -> vibespace::Result<()> {
    /// use vibespace::{Client, Object};
    ///
    /// let vibe = Client::new("http://127.0.0.1:5280", "token")?;
    /// let movies = vibe.me().collection::<Object>("movies");
    /// assert_eq!(movies.name(), "spaces/me/collections/movies");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn collection<T>(&self, id: impl AsRef<str>) -> Collection<T> {
        Collection::new(self.clone(), id.as_ref())
    }

    /// Lists the collections that hold a document in the caller's view, in ascending order of their ids.
    pub fn list_collections(&self) -> Listing<Collection<Object>> {
        let space = self.clone();
        Listing::new(move |page| {
            let space = space.clone();
            async move { space.fetch_collections(page).await }
        })
    }

    /// Begins a batch: up to 500 writes in this space, all or none, as one moment.
    pub fn batch(&self) -> WriteBatch {
        WriteBatch::new(self.clone())
    }

    pub(crate) fn check(&self) -> Result<()> {
        name::check_id(&self.id)
    }

    async fn fetch_collections(&self, page: PageRequest) -> Result<ListPage<Collection<Object>>> {
        self.check()?;
        let connection = &self.connection;
        let freshness = Freshness::new(connection, &self.id, page.consistency_token.as_deref());
        let response = connection
            .call(Rpc::LIST_COLLECTIONS, page.timeout, None, Some(&freshness), |attempt| {
                let request = attempt.request(wire::ListCollectionsRequest {
                    parent: self.name(),
                    page_size: page.size,
                    page_token: page.token.clone().unwrap_or_default(),
                    consistency_tokens: freshness.tokens(),
                });
                async move { CollectionServiceClient::new(attempt.channel).list_collections(request).await }
            })
            .await?;
        if let Some(first) = response.collections.first() {
            connection.spaces.learn(&self.id, &first.name);
        }
        let found = response.collections.iter().map(|found| self.collection(name::last_id(&found.name)));
        Ok(ListPage::new(found.collect(), response.next_page_token))
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Space").field(&self.name()).finish()
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
