"""Why a call failed, for programs."""

from typing import Final


class Reason:
    """The reasons that the contract knows, to compare with `VibeError.reason`.

    The set is open: a newer server may send others, which are judged by their status code.
    """

    ACCESS_TOKEN_MISSING: Final = "ACCESS_TOKEN_MISSING"
    """The method needs an access token and the call carries none. Comes with UNAUTHENTICATED."""

    ACCESS_TOKEN_INVALID: Final = "ACCESS_TOKEN_INVALID"
    """The access token is malformed, signed by a stranger, or meant for another server. Which of these is not told.
    Comes with UNAUTHENTICATED.
    """

    ACCESS_TOKEN_EXPIRED: Final = "ACCESS_TOKEN_EXPIRED"
    """The access token's time ran out. A new one makes the same call, or the same subscription, go on. Comes with
    UNAUTHENTICATED.
    """

    OWNER_REQUIRED: Final = "OWNER_REQUIRED"
    """The method belongs to the owner of the resource in a first-party session; an app, or another person, called it.
    Comes with PERMISSION_DENIED.
    """

    NOT_GRANTED: Final = "NOT_GRANTED"
    """No live grant, or not the app's manifest, allows the operation on the collection. The answer is the same whether
    the resource exists or not. `grant` is there when the token names one. Comes with PERMISSION_DENIED.
    """

    FIELD_NOT_GRANTED: Final = "FIELD_NOT_GRANTED"
    """The operation is allowed, but not on a member that the request names. The answer is the same whether the
    document has the member or not. Comes with PERMISSION_DENIED.
    """

    GRANT_REVOKED: Final = "GRANT_REVOKED"
    """The person ended the grant that the token names. Clients delete what they hold by it. Comes with
    PERMISSION_DENIED.
    """

    GRANT_EXPIRED: Final = "GRANT_EXPIRED"
    """The time of the grant that the token names ran out. Clients delete what they hold by it. Comes with
    PERMISSION_DENIED.
    """

    ACL_DENIED: Final = "ACL_DENIED"
    """The caller sees the document, but its access list does not allow the person the operation. Comes with
    PERMISSION_DENIED.
    """

    FIELD_INVALID: Final = "FIELD_INVALID"
    """A member of the request is missing, out of its bounds, or contradicts another one. `field` names it, and a
    BadRequest says for each what is wrong. Comes with INVALID_ARGUMENT.
    """

    NAME_INVALID: Final = "NAME_INVALID"
    """A resource name or an id has not the form that the contract gives it. Comes with INVALID_ARGUMENT."""

    PATH_INVALID: Final = "PATH_INVALID"
    """A path is no JSON Pointer of the form asked for, lies within another one, or leaves a member of the body
    uncovered. Comes with INVALID_ARGUMENT.
    """

    JSON_INVALID: Final = "JSON_INVALID"
    """A body is not JSON that every engine can hold: U+0000, a lone surrogate, a member twice, a number that is not
    finite, a value without a kind. `cause` is one of `nul`, `surrogate`, `duplicate`, `number`, `empty`,
    `syntax`. Comes with INVALID_ARGUMENT.
    """

    DOCUMENT_TOO_LARGE: Final = "DOCUMENT_TOO_LARGE"
    """A body is larger than the server's limit, in bytes of its canonical JSON. By how much is not told: the caller
    may not see all of it. Comes with INVALID_ARGUMENT.
    """

    DOCUMENT_TOO_DEEP: Final = "DOCUMENT_TOO_DEEP"
    """A body nests deeper than the server's limit. `path` is where it does first. Comes with INVALID_ARGUMENT."""

    DOCUMENT_TOO_MANY_VALUES: Final = "DOCUMENT_TOO_MANY_VALUES"
    """A body holds more members and array elements than the server's limit. Comes with INVALID_ARGUMENT."""

    MEMBER_NAME_TOO_LONG: Final = "MEMBER_NAME_TOO_LONG"
    """A member of a body has a name longer than the limit, in bytes of UTF-8. `path` is the object that holds it.
    Comes with INVALID_ARGUMENT.
    """

    TOO_MANY_ITEMS: Final = "TOO_MANY_ITEMS"
    """A list in the request has more entries than the limit: writes, scopes, paths, access entries, people. Comes with
    INVALID_ARGUMENT.
    """

    PAGE_TOKEN_INVALID: Final = "PAGE_TOKEN_INVALID"
    """A page token is malformed, too old, or belongs to another caller or another request. The list is begun anew.
    Comes with INVALID_ARGUMENT.
    """

    RESUME_TOKEN_INVALID: Final = "RESUME_TOKEN_INVALID"
    """A resume token has not the form of a token at all. One that has, and cannot be continued from for whatever
    reason, is no error: a snapshot begins. Comes with INVALID_ARGUMENT.
    """

    CONSISTENCY_TOKEN_INVALID: Final = "CONSISTENCY_TOKEN_INVALID"
    """A consistency token cannot be read, or belongs to another space. Comes with INVALID_ARGUMENT."""

    RESOURCE_NOT_FOUND: Final = "RESOURCE_NOT_FOUND"
    """The caller's view holds no such resource. Whether it exists is not told. Comes with NOT_FOUND."""

    RESOURCE_EXISTS: Final = "RESOURCE_EXISTS"
    """The id cannot be given to something new: it is in use, or was. What stands behind it is not told. Comes with
    ALREADY_EXISTS.
    """

    ETAG_MISMATCH: Final = "ETAG_MISMATCH"
    """What the caller sees of the resource is not what `if_match` names. `etag` is the present one. The client reads,
    decides anew, and writes again. Comes with ABORTED.
    """

    IDEMPOTENCY_KEY_REUSED: Final = "IDEMPOTENCY_KEY_REUSED"
    """The idempotency key belongs to another request of the same caller, which succeeded. A new request takes a new
    key. Comes with ALREADY_EXISTS.
    """

    MEMBER_NOT_OBJECT: Final = "MEMBER_NOT_OBJECT"
    """An update path leads through a member that is not an object. `path` is that member. Comes with
    FAILED_PRECONDITION.
    """

    MANIFEST_EXCEEDED: Final = "MANIFEST_EXCEEDED"
    """A grant would allow what the app's manifest does not ask for. `field` is the entry. Comes with
    FAILED_PRECONDITION.
    """

    MANIFEST_CHANGED: Final = "MANIFEST_CHANGED"
    """The app's manifest is not the one that the grant quotes. The person is shown the present one first. Comes with
    ABORTED.
    """

    GRANT_ENDED: Final = "GRANT_ENDED"
    """A grant that was revoked or has expired cannot be changed. A new one is made. Comes with FAILED_PRECONDITION."""

    HISTORY_LOST: Final = "HISTORY_LOST"
    """The server was put back to a state before the write that the consistency token names, or knows nothing of that
    write. The client drops the token and looks whether the write is there. Comes with FAILED_PRECONDITION.
    """

    SPACE_BUSY: Final = "SPACE_BUSY"
    """More writes wait for the space than the server queues. Nothing was written. A RetryInfo says when to try again.
    Comes with RESOURCE_EXHAUSTED.
    """

    REPLICA_BEHIND: Final = "REPLICA_BEHIND"
    """The replica did not reach the moment of the consistency token in time. A RetryInfo says when to try again. Comes
    with UNAVAILABLE.
    """

    SERVER_STOPPING: Final = "SERVER_STOPPING"
    """The server is about to stop. Another one takes the call, or the subscription, at once; a RetryInfo spreads the
    clients. Comes with UNAVAILABLE.
    """

    SUBSCRIPTION_ENDED: Final = "SUBSCRIPTION_ENDED"
    """A subscription reached its longest duration. The client resumes; a RetryInfo spreads the clients. Comes with
    UNAVAILABLE.
    """

    INTERNAL: Final = "INTERNAL"
    """The server failed and says no more than that. Its log tells the rest under the request id. Comes with INTERNAL.
    """

    MESSAGE_MALFORMED: Final = "MESSAGE_MALFORMED"
    """The message is no well-formed message of its type: broken protobuf, broken JSON, unknown members where the door
    refuses them, the wrong encoding of text, or a deadline that cannot be read. Comes with INVALID_ARGUMENT.
    """

    MESSAGE_TOO_LARGE: Final = "MESSAGE_TOO_LARGE"
    """The message is larger than the server takes. Comes with RESOURCE_EXHAUSTED."""

    METHOD_UNKNOWN: Final = "METHOD_UNKNOWN"
    """No such method is served here. Comes with UNIMPLEMENTED."""

    DEADLINE_EXCEEDED: Final = "DEADLINE_EXCEEDED"
    """The call took longer than its caller, or the server, allows. Whether a write was carried out is not known;
    repeating it with its idempotency key is safe. Comes with DEADLINE_EXCEEDED.
    """

    TOO_MANY_STREAMS: Final = "TOO_MANY_STREAMS"
    """The grant, or the address, has as many subscriptions open as it may. Comes with RESOURCE_EXHAUSTED."""

    STORAGE_UNAVAILABLE: Final = "STORAGE_UNAVAILABLE"
    """The server's storage cannot be reached, or takes no writes. The call had no effect. Comes with UNAVAILABLE."""

    OUTCOME_UNKNOWN: Final = "OUTCOME_UNKNOWN"
    """The server lost its storage while it was writing and could not learn whether the write is there. Repeating it
    with its idempotency key is safe. Comes with UNKNOWN.
    """

    ENCODING_UNSUPPORTED: Final = "ENCODING_UNSUPPORTED"
    """The message is compressed in a way that the server does not read. `encoding` is the one that the call names.
    Comes with UNIMPLEMENTED.
    """

    TOO_MANY_LISTINGS: Final = "TOO_MANY_LISTINGS"
    """The grant, or the address, has as many subscriptions under way that have not caught up for the first time as it
    may. A RetryInfo says when to try again. Comes with RESOURCE_EXHAUSTED.
    """

    TOO_MANY_CALLS: Final = "TOO_MANY_CALLS"
    """As many calls of the app are under way as the server lets wait. Nothing was done. A RetryInfo says when to try
    again. Comes with RESOURCE_EXHAUSTED.
    """
