use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tonic::{Code, Status};

use crate::Reason;
use crate::generated::google::rpc;

/// What the client's verbs give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, as functions of an app give it.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// A call or a subscription that failed.
///
/// There is this one type; branch on [`Error::reason`], and on [`Error::code`] for reasons that a program does not
/// know. Its text reads `ETAG_MISMATCH (aborted): what the server says [request 3f9c…]`. Who cancels a call drops its
/// future, and gets no error.
///
/// ```
/// use vibespace::{Code, Error, Reason};
///
/// let error = Error::new(Code::Aborted, Some(Reason::ETAG_MISMATCH), "The document has changed.");
/// assert!(error.is(&Reason::ETAG_MISMATCH));
/// assert_eq!(error.to_string(), "ETAG_MISMATCH (aborted): The document has changed.");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    reason: Option<Reason>,
    text: String,
    metadata: BTreeMap<String, String>,
    violations: Vec<Violation>,
    request_id: Option<String>,
    retry_delay: Option<Duration>,
    is_retryable: bool,
    is_misuse: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// One thing that is wrong in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The member of the request, such as `writes[2].if_match`.
    pub field: String,
    /// What is wrong with it, in words.
    pub description: String,
}

impl Error {
    /// Makes an error as the server would send it; apps need this in tests.
    pub fn new(code: Code, reason: Option<Reason>, text: impl Into<String>) -> Self {
        Self(Arc::new(Parts {
            code,
            reason,
            text: text.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            request_id: None,
            retry_delay: None,
            is_retryable: false,
            is_misuse: false,
            source: None,
        }))
    }

    /// The status code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Why it failed; none where the failure did not come from a Vibe server, as with a lost connection.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.0.reason.as_ref()
    }

    /// Tells whether this is the reason.
    #[must_use]
    pub fn is(&self, reason: &Reason) -> bool {
        self.0.reason.as_ref() == Some(reason)
    }

    /// What varies in the message, under the keys that the contract gives each reason, such as `etag`.
    ///
    /// A batch that is refused names the place of the write as `write`, counted from 0. Empty where there is nothing.
    #[must_use]
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// What is wrong in the request, member by member; empty where that was not the cause.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The id under which the server's log knows the call; none where no server answered.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asks to wait before trying again; none where it does not say.
    #[must_use]
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry_delay
    }

    /// True when the same call may succeed later and nothing was done: a read, or a write that the server refused.
    ///
    /// A write whose outcome is not known is not retryable; give it a key of your own and repeat it to settle it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.is_retryable
    }

    /// True when the client refused the call as a mistake of the program: an id with a slash, a value that is no JSON,
    /// a client that is closed. Nothing was sent.
    #[must_use]
    pub fn is_misuse(&self) -> bool {
        self.0.is_misuse
    }

    pub(crate) fn misuse(text: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, None, text).with(|parts| parts.is_misuse = true)
    }

    pub(crate) fn closed() -> Self {
        Self::new(Code::FailedPrecondition, None, "The client is closed.").with(|parts| parts.is_misuse = true)
    }

    /// The connection broke, or a stream ended without saying why.
    pub(crate) fn cut(text: &str) -> Self {
        Self::new(Code::Unavailable, None, text).with(|parts| parts.is_retryable = true)
    }

    #[cfg(test)]
    pub(crate) fn with_metadata(self, key: &str, value: &str) -> Self {
        self.with(|parts| _ = parts.metadata.insert(key.into(), value.into()))
    }

    pub(crate) fn with_source(self, source: impl Into<BoxError>) -> Self {
        self.with(|parts| parts.source = Some(Arc::from(source.into())))
    }

    pub(crate) fn with_retryable(self, is_retryable: bool) -> Self {
        self.with(|parts| parts.is_retryable = is_retryable)
    }

    pub(crate) fn from_status(status: &Status, is_read: bool) -> Self {
        if let Some(cause) = status.source() {
            return Self::from_transport(status, cause, is_read);
        }
        // A proxy may answer with details of its own; the code alone then decides.
        let details = rpc::Status::decode(status.details()).unwrap_or_default();
        let request_id = status.metadata().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        Self::from_parts(status.code(), status.message(), &details, request_id, is_read)
    }

    /// Reads the status that a stream ends with.
    pub(crate) fn from_end(status: Option<&rpc::Status>) -> Self {
        match status {
            Some(status) => Self::from_parts(Code::from_i32(status.code), "", status, None, true),
            None => Self::cut("The stream ended without saying why."),
        }
    }

    fn from_transport(status: &Status, cause: &(dyn StdError + 'static), is_read: bool) -> Self {
        let mut root = cause;
        let mut is_late = false;
        loop {
            if let Some(own) = root.downcast_ref::<Self>() {
                return own.clone();
            }
            is_late |= root.is::<tonic::TimeoutExpired>();
            match root.source() {
                Some(deeper) => root = deeper,
                None => break,
            }
        }
        let error = if is_late {
            Self::new(Code::DeadlineExceeded, None, "The call did not end in time.")
        } else {
            Self::new(Code::Unavailable, None, format!("The connection failed: {root}"))
        };
        error.with_retryable(is_read).with_source(status.clone())
    }

    fn from_parts(code: Code, text: &str, details: &rpc::Status, request_id: Option<String>, is_read: bool) -> Self {
        let text = if details.message.is_empty() { text } else { &details.message };
        Self::new(code, None, text).with(|parts| {
            parts.request_id = request_id;
            for detail in &details.details {
                parts.take_in(detail);
            }
            parts.is_retryable = parts.may_succeed_later(is_read);
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Parts {
    fn take_in(&mut self, detail: &prost_types::Any) {
        let value = detail.value.as_slice();
        match detail.type_url.rsplit('/').next().unwrap_or_default() {
            "google.rpc.ErrorInfo" => {
                if let Ok(info) = rpc::ErrorInfo::decode(value)
                    && info.domain == "vibe"
                {
                    self.reason = Some(Reason::from(info.reason));
                    self.metadata = info.metadata.into_iter().collect();
                }
            }
            "google.rpc.RequestInfo" => {
                if let Ok(info) = rpc::RequestInfo::decode(value)
                    && !info.request_id.is_empty()
                {
                    self.request_id = Some(info.request_id);
                }
            }
            "google.rpc.RetryInfo" => {
                if let Ok(info) = rpc::RetryInfo::decode(value) {
                    self.retry_delay = info.retry_delay.and_then(|delay| Duration::try_from(delay).ok());
                }
            }
            "google.rpc.BadRequest" => {
                if let Ok(request) = rpc::BadRequest::decode(value) {
                    let violations = request.field_violations.into_iter();
                    self.violations = violations
                        .map(|violation| Violation { field: violation.field, description: violation.description })
                        .collect();
                }
            }
            _ => {}
        }
    }

    fn may_succeed_later(&self, is_read: bool) -> bool {
        let is_refused = |reason: &Reason| [Reason::SPACE_BUSY, Reason::STORAGE_UNAVAILABLE].contains(reason);
        (self.code == Code::ResourceExhausted && self.retry_delay.is_some())
            || self.reason.as_ref().is_some_and(is_refused)
            || (is_read && matches!(self.code, Code::Unavailable | Code::DeadlineExceeded))
    }
}

/// Reads an error of gRPC, as calls through [`Client::raw`](crate::Client::raw) give them; taken for that of a write
/// where this matters.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::from_status(&status, false)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { code, reason, text, request_id, .. } = &*self.0;
        match reason {
            Some(reason) => write!(f, "{reason} ({}): {text}", name_of(*code))?,
            None => write!(f, "{}: {text}", name_of(*code))?,
        }
        match request_id {
            Some(id) => write!(f, " [request {id}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.to_string()).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// The code's name in lower snake case, as the contract writes it.
fn name_of(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "cancelled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

#[cfg(test)]
mod tests {
    use prost_types::Any;
    use tonic::metadata::MetadataMap;

    use super::*;

    fn any(name: &str, message: &impl Message) -> Any {
        Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: message.encode_to_vec() }
    }

    fn info(domain: &str, reason: &str) -> Any {
        let metadata = [("etag".to_owned(), "e1".to_owned())].into();
        any("ErrorInfo", &rpc::ErrorInfo { reason: reason.into(), domain: domain.into(), metadata })
    }

    fn status(code: Code, details: Vec<Any>) -> Status {
        let details = rpc::Status { code: code as i32, message: "It says why.".into(), details };
        Status::with_details(code, "It says why.", details.encode_to_vec().into())
    }

    #[test]
    fn an_error_says_all_that_the_server_says() {
        let delay = Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 });
        let violation = rpc::bad_request::FieldViolation {
            field: "writes[2].if_match".into(),
            description: "must be empty".into(),
            ..Default::default()
        };
        let details = vec![
            info("vibe", "SPACE_BUSY"),
            any("RetryInfo", &rpc::RetryInfo { retry_delay: delay }),
            any("BadRequest", &rpc::BadRequest { field_violations: vec![violation] }),
            any("RequestInfo", &rpc::RequestInfo { request_id: "3f9c".into(), ..Default::default() }),
            Any { type_url: "type.googleapis.com/google.rpc.ErrorInfo".into(), value: vec![255] },
        ];
        let error = Error::from_status(&status(Code::ResourceExhausted, details), false);
        assert_eq!(error.to_string(), "SPACE_BUSY (resource_exhausted): It says why. [request 3f9c]");
        assert!(error.is(&Reason::SPACE_BUSY) && error.is_retryable() && !error.is_misuse());
        assert_eq!(error.metadata().get("etag").map(String::as_str), Some("e1"));
        assert_eq!(error.retry_delay(), Some(Duration::from_millis(1500)));
        assert_eq!(error.violations()[0].field, "writes[2].if_match");
    }

    #[test]
    fn what_is_not_from_a_vibe_server_has_no_reason() {
        let error = Error::from_status(&status(Code::Aborted, vec![info("proxy.example", "BUSY")]), true);
        assert_eq!((error.reason(), error.is_retryable()), (None, false));
        let garbled = Status::with_details(Code::Unavailable, "Bad gateway", vec![255, 255].into());
        assert_eq!(Error::from_status(&garbled, true).to_string(), "unavailable: Bad gateway");
    }

    #[test]
    fn the_header_gives_the_request_id_where_the_details_do_not() {
        let mut metadata = MetadataMap::new();
        metadata.insert("x-request-id", tonic::metadata::MetadataValue::from_static("77aa"));
        let error = Error::from_status(&Status::with_metadata(Code::NotFound, "Gone.", metadata), true);
        assert_eq!(error.request_id(), Some("77aa"));
    }

    #[test]
    fn a_lost_connection_is_unavailable_and_leaves_a_write_open() {
        let mut status = Status::unknown("transport error");
        status.set_source(Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        assert_eq!(Error::from_status(&status, true).code(), Code::Unavailable);
        assert!(Error::from_status(&status, true).is_retryable());
        assert!(!Error::from_status(&status, false).is_retryable());
        status.set_source(Arc::new(Error::closed()));
        assert!(Error::from_status(&status, false).is_misuse());
    }
}
