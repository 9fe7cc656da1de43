use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderValue;
use http::header::AUTHORIZATION;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::{Code, Status};

use super::Connection;
use super::connection::bearer;
use super::rpc::package_of;
use crate::error::BoxError;

const TIMEOUT: &str = "grpc-timeout";

/// What generated clients call through: the client's connection, with its token and user-agent, and its deadline on
/// single calls. Nothing is tried again here, so a call waits until the server has been asked once where its package is.
#[derive(Clone, Debug)]
pub struct RawChannel {
    connection: Arc<Connection>,
}

impl RawChannel {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

impl Service<http::Request<Body>> for RawChannel {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let connection = self.connection.clone();
        Box::pin(async move {
            let _place = connection.under_way.enter().map_err(to_status)?;
            if !request.headers().contains_key(AUTHORIZATION) {
                match connection.tokens.get().await {
                    Ok(token) => {
                        let bearer = bearer(&token).map_err(to_status)?;
                        let value = HeaderValue::from_bytes(bearer.as_encoded_bytes())?;
                        request.headers_mut().insert(AUTHORIZATION, value);
                    }
                    // The server then says whether the method needs a token.
                    Err(signed_out) if signed_out.code() == Code::Unauthenticated => {}
                    Err(failure) => return Err(to_status(failure)),
                }
            }
            let is_stream = request.uri().path() == "/vibe.sync.v1.SyncService/Subscribe";
            if !is_stream && !request.headers().contains_key(TIMEOUT) {
                let millis = connection.options.timeout.as_millis().min(99_999_999);
                if let Ok(timeout) = HeaderValue::from_str(&format!("{millis}m")) {
                    request.headers_mut().insert(TIMEOUT, timeout);
                }
            }
            connection.ask_beside().map_err(to_status)?;
            connection.endpoints.known(connection.options.timeout).await;
            let service = request.uri().path().split('/').nth(1).unwrap_or_default();
            let (_, mut channel) = connection.channel_of(package_of(service)).map_err(to_status)?;
            std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
            Ok(channel.call(request).await?)
        })
    }
}

fn to_status(error: crate::Error) -> BoxError {
    let mut status = Status::new(error.code(), error.to_string());
    status.set_source(Arc::new(error));
    status.into()
}
