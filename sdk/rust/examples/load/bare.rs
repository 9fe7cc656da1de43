//! The load by the generated code alone, on a plain channel.

use std::sync::{Arc, Mutex};

use futures_util::future::ready;
use futures_util::{Stream, TryStreamExt, stream};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;
use vibespace::generated::vibe::data::v1::document_service_client::DocumentServiceClient;
use vibespace::generated::vibe::data::v1::write::Action;
use vibespace::generated::vibe::data::v1::{
    BatchWriteRequest, CreateWrite, GetDocumentRequest, Write, create_write, document,
};
use vibespace::generated::vibe::sync::v1::change::Kind;
use vibespace::generated::vibe::sync::v1::subscribe_response::Event;
use vibespace::generated::vibe::sync::v1::sync_service_client::SyncServiceClient;
use vibespace::generated::vibe::sync::v1::{self as sync, Put, Scope, SubscribeRequest, put};

use crate::{COLLECTION, Object, Outcome, Page, Side};

const SPACE: &str = "spaces/me";

#[derive(Clone)]
pub struct Stubs {
    channel: Channel,
    bearer: MetadataValue<Ascii>,
    resume_token: Arc<Mutex<String>>,
}

impl Stubs {
    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }

    fn apply(&self, page: sync::Page) -> Page<Put> {
        if let Ok(mut kept) = self.resume_token.lock() {
            *kept = page.resume_token;
        }
        let put_of = |change: sync::Change| match change.kind {
            Some(Kind::Put(put)) => (change.document_id, Some(put)),
            _ => (change.document_id, None),
        };
        Page { changes: page.changes.into_iter().map(put_of).collect(), is_all: page.checkpoint.is_some() }
    }
}

impl Side for Stubs {
    type Document = Put;

    fn open(address: &str, token: &str) -> Outcome<Self> {
        let channel = Endpoint::from_shared(address.to_owned())?.connect_lazy();
        Ok(Self { channel, bearer: format!("Bearer {token}").parse()?, resume_token: Arc::default() })
    }

    async fn get(&self, document: &str) -> Outcome<Object> {
        let name = format!("{SPACE}/collections/{COLLECTION}/documents/{document}");
        let request = self.request(GetDocumentRequest { name, consistency_tokens: Vec::new(), json_bodies: true });
        let answer = DocumentServiceClient::new(self.channel.clone()).get_document(request).await?.into_inner();
        match answer.document.and_then(|document| document.content) {
            Some(document::Content::Json(json)) => Ok(serde_json::from_slice(&json)?),
            _ => Err("The document is not there.".into()),
        }
    }

    async fn create(&self, value: &Object) -> Outcome<String> {
        let json = create_write::Content::Json(serde_json::to_vec(value)?.into());
        let write = Write {
            document: format!("{SPACE}/collections/{COLLECTION}/documents/{}", Uuid::now_v7()),
            if_match: String::new(),
            action: Some(Action::Create(CreateWrite { content: Some(json), acl: None })),
        };
        let request = self.request(BatchWriteRequest {
            parent: SPACE.to_owned(),
            writes: vec![write],
            idempotency_key: Uuid::new_v4().simple().to_string(),
        });
        let answer = DocumentServiceClient::new(self.channel.clone()).batch_write(request).await?.into_inner();
        let result = answer.results.into_iter().next().ok_or("The answer has no result.")?;
        Ok(result.document)
    }

    fn follow(&self) -> impl Stream<Item = Outcome<Page<Put>>> {
        let scope = Scope { collection: format!("{SPACE}/collections/{COLLECTION}"), ..Scope::default() };
        let request = self.request(SubscribeRequest { scope: None, scopes: vec![scope] });
        let mut client = SyncServiceClient::new(self.channel.clone());
        let opened = async move { client.subscribe(request).await.map(tonic::Response::into_inner) };
        stream::once(opened).try_flatten().map_err(Into::into).try_filter_map(|message| {
            ready(Ok(match message.event {
                Some(Event::Page(page)) => Some(self.apply(page)),
                _ => None,
            }))
        })
    }

    fn decode(document: &Put) -> Outcome<Object> {
        match &document.content {
            Some(put::Content::Json(json)) => Ok(serde_json::from_slice(json)?),
            _ => Err("The document has no content.".into()),
        }
    }
}
