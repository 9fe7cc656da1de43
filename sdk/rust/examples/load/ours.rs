//! The load by the client.

use futures_util::{Stream, TryStreamExt};
use vibespace::{Collection, DocumentSnapshot};

use crate::{COLLECTION, Object, Outcome, Page, Side};

#[derive(Clone)]
pub struct Client(Collection<Object>);

impl Side for Client {
    type Document = DocumentSnapshot<Object>;

    fn open(address: &str, token: &str) -> Outcome<Self> {
        Ok(Self(vibespace::Client::new(address, token)?.me().collection(COLLECTION)))
    }

    async fn get(&self, document: &str) -> Outcome<Object> {
        let found = self.0.document(document).get().await?.ok_or("The document is not there.")?;
        Ok(found.value()?)
    }

    async fn create(&self, value: &Object) -> Outcome<String> {
        Ok(self.0.create(value).await?.id)
    }

    fn follow(&self) -> impl Stream<Item = Outcome<Page<Self::Document>>> {
        let page_of = |page: vibespace::ChangePage<Object>| Page {
            changes: page.changes.into_iter().map(|change| (change.id, change.document)).collect(),
            is_all: page.live,
        };
        self.0.subscribe().map_ok(page_of).map_err(Into::into)
    }

    fn decode(document: &Self::Document) -> Outcome<Object> {
        Ok(document.value()?)
    }
}
