use std::borrow::Cow;
use std::fmt;

/// Why a call failed, for programs.
///
/// The set is open: a newer server may send reasons that are not listed here, which are judged by their status code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// The method needs an access token and the call carries none. Comes with `UNAUTHENTICATED`.
    pub const ACCESS_TOKEN_MISSING: Self = Self(Cow::Borrowed("ACCESS_TOKEN_MISSING"));

    /// The access token is malformed, signed by a stranger, or meant for another server. Which of these is not
    /// told. Comes with `UNAUTHENTICATED`.
    pub const ACCESS_TOKEN_INVALID: Self = Self(Cow::Borrowed("ACCESS_TOKEN_INVALID"));

    /// The access token's time ran out. A new one makes the same call, or the same subscription, go on. Comes with
    /// `UNAUTHENTICATED`.
    pub const ACCESS_TOKEN_EXPIRED: Self = Self(Cow::Borrowed("ACCESS_TOKEN_EXPIRED"));

    /// The method belongs to the owner of the resource in a first-party session; an app, or another person, called
    /// it. Comes with `PERMISSION_DENIED`.
    pub const OWNER_REQUIRED: Self = Self(Cow::Borrowed("OWNER_REQUIRED"));

    /// No live grant, or not the app's manifest, allows the operation on the collection. The answer is the same
    /// whether the resource exists or not. `grant` is there when the token names one. Comes with
    /// `PERMISSION_DENIED`.
    pub const NOT_GRANTED: Self = Self(Cow::Borrowed("NOT_GRANTED"));

    /// The operation is allowed, but not on a member that the request names. The answer is the same whether the
    /// document has the member or not. Comes with `PERMISSION_DENIED`.
    pub const FIELD_NOT_GRANTED: Self = Self(Cow::Borrowed("FIELD_NOT_GRANTED"));

    /// The person ended the grant that the token names. Clients delete what they hold by it. Comes with
    /// `PERMISSION_DENIED`.
    pub const GRANT_REVOKED: Self = Self(Cow::Borrowed("GRANT_REVOKED"));

    /// The time of the grant that the token names ran out. Clients delete what they hold by it. Comes with
    /// `PERMISSION_DENIED`.
    pub const GRANT_EXPIRED: Self = Self(Cow::Borrowed("GRANT_EXPIRED"));

    /// The caller sees the document, but its access list does not allow the person the operation. Comes with
    /// `PERMISSION_DENIED`.
    pub const ACL_DENIED: Self = Self(Cow::Borrowed("ACL_DENIED"));

    /// A member of the request is missing, out of its bounds, or contradicts another one. `field` names it, and a
    /// `BadRequest` says for each what is wrong. Comes with `INVALID_ARGUMENT`.
    pub const FIELD_INVALID: Self = Self(Cow::Borrowed("FIELD_INVALID"));

    /// A resource name or an id has not the form that the contract gives it. Comes with `INVALID_ARGUMENT`.
    pub const NAME_INVALID: Self = Self(Cow::Borrowed("NAME_INVALID"));

    /// A path is no JSON Pointer of the form asked for, lies within another one, or leaves a member of the body
    /// uncovered. Comes with `INVALID_ARGUMENT`.
    pub const PATH_INVALID: Self = Self(Cow::Borrowed("PATH_INVALID"));

    /// A body is not JSON that every engine can hold: U+0000, a lone surrogate, a member twice, a number that is
    /// not finite, a value without a kind. `cause` is one of `nul`, `surrogate`, `duplicate`, `number`, `empty`,
    /// `syntax`. Comes with `INVALID_ARGUMENT`.
    pub const JSON_INVALID: Self = Self(Cow::Borrowed("JSON_INVALID"));

    /// A body is larger than the server's limit, in bytes of its canonical JSON. By how much is not told: the
    /// caller may not see all of it. Comes with `INVALID_ARGUMENT`.
    pub const DOCUMENT_TOO_LARGE: Self = Self(Cow::Borrowed("DOCUMENT_TOO_LARGE"));

    /// A body nests deeper than the server's limit. `path` is where it does first. Comes with `INVALID_ARGUMENT`.
    pub const DOCUMENT_TOO_DEEP: Self = Self(Cow::Borrowed("DOCUMENT_TOO_DEEP"));

    /// A body holds more members and array elements than the server's limit. Comes with `INVALID_ARGUMENT`.
    pub const DOCUMENT_TOO_MANY_VALUES: Self = Self(Cow::Borrowed("DOCUMENT_TOO_MANY_VALUES"));

    /// A member of a body has a name longer than the limit, in bytes of UTF-8. `path` is the object that holds it.
    /// Comes with `INVALID_ARGUMENT`.
    pub const MEMBER_NAME_TOO_LONG: Self = Self(Cow::Borrowed("MEMBER_NAME_TOO_LONG"));

    /// A list in the request has more entries than the limit: writes, scopes, paths, access entries, people. Comes
    /// with `INVALID_ARGUMENT`.
    pub const TOO_MANY_ITEMS: Self = Self(Cow::Borrowed("TOO_MANY_ITEMS"));

    /// A page token is malformed, too old, or belongs to another caller or another request. The list is begun anew.
    /// Comes with `INVALID_ARGUMENT`.
    pub const PAGE_TOKEN_INVALID: Self = Self(Cow::Borrowed("PAGE_TOKEN_INVALID"));

    /// A resume token has not the form of a token at all. One that has, and cannot be continued from for whatever
    /// reason, is no error: a snapshot begins. Comes with `INVALID_ARGUMENT`.
    pub const RESUME_TOKEN_INVALID: Self = Self(Cow::Borrowed("RESUME_TOKEN_INVALID"));

    /// A consistency token cannot be read, or belongs to another space. Comes with `INVALID_ARGUMENT`.
    pub const CONSISTENCY_TOKEN_INVALID: Self = Self(Cow::Borrowed("CONSISTENCY_TOKEN_INVALID"));

    /// The caller's view holds no such resource. Whether it exists is not told. Comes with `NOT_FOUND`.
    pub const RESOURCE_NOT_FOUND: Self = Self(Cow::Borrowed("RESOURCE_NOT_FOUND"));

    /// The id cannot be given to something new: it is in use, or was. What stands behind it is not told. Comes with
    /// `ALREADY_EXISTS`.
    pub const RESOURCE_EXISTS: Self = Self(Cow::Borrowed("RESOURCE_EXISTS"));

    /// What the caller sees of the resource is not what `if_match` names. `etag` is the present one. The client
    /// reads, decides anew, and writes again. Comes with `ABORTED`.
    pub const ETAG_MISMATCH: Self = Self(Cow::Borrowed("ETAG_MISMATCH"));

    /// The idempotency key belongs to another request of the same caller, which succeeded. A new request takes a
    /// new key. Comes with `ALREADY_EXISTS`.
    pub const IDEMPOTENCY_KEY_REUSED: Self = Self(Cow::Borrowed("IDEMPOTENCY_KEY_REUSED"));

    /// An update path leads through a member that is not an object. `path` is that member. Comes with
    /// `FAILED_PRECONDITION`.
    pub const MEMBER_NOT_OBJECT: Self = Self(Cow::Borrowed("MEMBER_NOT_OBJECT"));

    /// A grant would allow what the app's manifest does not ask for. `field` is the entry. Comes with
    /// `FAILED_PRECONDITION`.
    pub const MANIFEST_EXCEEDED: Self = Self(Cow::Borrowed("MANIFEST_EXCEEDED"));

    /// The app's manifest is not the one that the grant quotes. The person is shown the present one first. Comes
    /// with `ABORTED`.
    pub const MANIFEST_CHANGED: Self = Self(Cow::Borrowed("MANIFEST_CHANGED"));

    /// A grant that was revoked or has expired cannot be changed. A new one is made. Comes with
    /// `FAILED_PRECONDITION`.
    pub const GRANT_ENDED: Self = Self(Cow::Borrowed("GRANT_ENDED"));

    /// The server was put back to a state before the write that the consistency token names, or knows nothing of
    /// that write. The client drops the token and looks whether the write is there. Comes with
    /// `FAILED_PRECONDITION`.
    pub const HISTORY_LOST: Self = Self(Cow::Borrowed("HISTORY_LOST"));

    /// More writes wait for the space than the server queues. Nothing was written. A `RetryInfo` says when to try
    /// again. Comes with `RESOURCE_EXHAUSTED`.
    pub const SPACE_BUSY: Self = Self(Cow::Borrowed("SPACE_BUSY"));

    /// The replica did not reach the moment of the consistency token in time. A `RetryInfo` says when to try again.
    /// Comes with `UNAVAILABLE`.
    pub const REPLICA_BEHIND: Self = Self(Cow::Borrowed("REPLICA_BEHIND"));

    /// The server is about to stop. Another one takes the call, or the subscription, at once; a `RetryInfo` spreads
    /// the clients. Comes with `UNAVAILABLE`.
    pub const SERVER_STOPPING: Self = Self(Cow::Borrowed("SERVER_STOPPING"));

    /// A subscription reached its longest duration. The client resumes; a `RetryInfo` spreads the clients. Comes
    /// with `UNAVAILABLE`.
    pub const SUBSCRIPTION_ENDED: Self = Self(Cow::Borrowed("SUBSCRIPTION_ENDED"));

    /// The server failed and says no more than that. Its log tells the rest under the request id. Comes with
    /// `INTERNAL`.
    pub const INTERNAL: Self = Self(Cow::Borrowed("INTERNAL"));

    /// The message is no well-formed message of its type: broken protobuf, broken JSON, unknown members where the
    /// door refuses them, or the wrong encoding. Comes with `INVALID_ARGUMENT`.
    pub const MESSAGE_MALFORMED: Self = Self(Cow::Borrowed("MESSAGE_MALFORMED"));

    /// The message is larger than the server takes. Comes with `RESOURCE_EXHAUSTED`.
    pub const MESSAGE_TOO_LARGE: Self = Self(Cow::Borrowed("MESSAGE_TOO_LARGE"));

    /// No such method is served here. Comes with `UNIMPLEMENTED`.
    pub const METHOD_UNKNOWN: Self = Self(Cow::Borrowed("METHOD_UNKNOWN"));

    /// The call took longer than its caller, or the server, allows. Whether a write was carried out is not known;
    /// repeating it with its idempotency key is safe. Comes with `DEADLINE_EXCEEDED`.
    pub const DEADLINE_EXCEEDED: Self = Self(Cow::Borrowed("DEADLINE_EXCEEDED"));

    /// The grant, or the address, has as many subscriptions open as it may. Comes with `RESOURCE_EXHAUSTED`.
    pub const TOO_MANY_STREAMS: Self = Self(Cow::Borrowed("TOO_MANY_STREAMS"));

    /// The server's storage cannot be reached, or takes no writes. The call had no effect. Comes with
    /// `UNAVAILABLE`.
    pub const STORAGE_UNAVAILABLE: Self = Self(Cow::Borrowed("STORAGE_UNAVAILABLE"));

    /// The server lost its storage while it was writing and could not learn whether the write is there. Repeating
    /// it with its idempotency key is safe. Comes with `UNKNOWN`.
    pub const OUTCOME_UNKNOWN: Self = Self(Cow::Borrowed("OUTCOME_UNKNOWN"));

    /// The message is compressed in a way that the server does not read. Comes with `UNIMPLEMENTED`.
    pub const ENCODING_UNSUPPORTED: Self = Self(Cow::Borrowed("ENCODING_UNSUPPORTED"));

    /// The grant, or the address, has as many subscriptions under way that have not caught up for the first time as
    /// it may. Comes with `RESOURCE_EXHAUSTED`.
    pub const TOO_MANY_LISTINGS: Self = Self(Cow::Borrowed("TOO_MANY_LISTINGS"));

    /// As many calls of the app are under way as the server lets wait. Nothing was done. Comes with
    /// `RESOURCE_EXHAUSTED`.
    pub const TOO_MANY_CALLS: Self = Self(Cow::Borrowed("TOO_MANY_CALLS"));

    /// The reason's name, such as `ETAG_MISMATCH`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl From<&'static str> for Reason {
    fn from(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
