namespace Vibe.Client;

/// <summary>
/// Why a call failed, for programs. The set is open: a newer server may send reasons that are not listed here, which
/// are judged by their status code.
/// </summary>
/// <param name="Value">The reason's name, such as <c>ETAG_MISMATCH</c>.</param>
public readonly record struct Reason(string Value)
{
    /// <summary>
    /// The method needs an access token and the call carries none. Comes with UNAUTHENTICATED.
    /// </summary>
    public static Reason AccessTokenMissing { get; } = new("ACCESS_TOKEN_MISSING");

    /// <summary>
    /// The access token is malformed, signed by a stranger, or meant for another server. Which of these is not
    /// told. Comes with UNAUTHENTICATED.
    /// </summary>
    public static Reason AccessTokenInvalid { get; } = new("ACCESS_TOKEN_INVALID");

    /// <summary>
    /// The access token's time ran out. A new one makes the same call, or the same subscription, go on. Comes
    /// with UNAUTHENTICATED.
    /// </summary>
    public static Reason AccessTokenExpired { get; } = new("ACCESS_TOKEN_EXPIRED");

    /// <summary>
    /// The method belongs to the owner of the resource in a first-party session; an app, or another person,
    /// called it. Comes with PERMISSION_DENIED.
    /// </summary>
    public static Reason OwnerRequired { get; } = new("OWNER_REQUIRED");

    /// <summary>
    /// No live grant, or not the app's manifest, allows the operation on the collection. The answer is the same
    /// whether the resource exists or not. <c>grant</c> is there when the token names one. Comes with
    /// PERMISSION_DENIED.
    /// </summary>
    public static Reason NotGranted { get; } = new("NOT_GRANTED");

    /// <summary>
    /// The operation is allowed, but not on a member that the request names. The answer is the same whether the
    /// document has the member or not. Comes with PERMISSION_DENIED.
    /// </summary>
    public static Reason FieldNotGranted { get; } = new("FIELD_NOT_GRANTED");

    /// <summary>
    /// The person ended the grant that the token names. Clients delete what they hold by it. Comes with
    /// PERMISSION_DENIED.
    /// </summary>
    public static Reason GrantRevoked { get; } = new("GRANT_REVOKED");

    /// <summary>
    /// The time of the grant that the token names ran out. Clients delete what they hold by it. Comes with
    /// PERMISSION_DENIED.
    /// </summary>
    public static Reason GrantExpired { get; } = new("GRANT_EXPIRED");

    /// <summary>
    /// The caller sees the document, but its access list does not allow the person the operation. Comes
    /// with PERMISSION_DENIED.
    /// </summary>
    public static Reason AclDenied { get; } = new("ACL_DENIED");

    /// <summary>
    /// A member of the request is missing, out of its bounds, or contradicts another one. <c>field</c> names it,
    /// and a BadRequest says for each what is wrong. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason FieldInvalid { get; } = new("FIELD_INVALID");

    /// <summary>
    /// A resource name or an id has not the form that the contract gives it. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason NameInvalid { get; } = new("NAME_INVALID");

    /// <summary>
    /// A path is no JSON Pointer of the form asked for, lies within another one, or leaves a member of the body
    /// uncovered. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason PathInvalid { get; } = new("PATH_INVALID");

    /// <summary>
    /// A body is not JSON that every engine can hold: U+0000, a lone surrogate, a member twice, a number that is
    /// not finite, a value without a kind. <c>cause</c> is one of <c>nul</c>, <c>surrogate</c>,
    /// <c>duplicate</c>, <c>number</c>, <c>empty</c>, <c>syntax</c>. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason JsonInvalid { get; } = new("JSON_INVALID");

    /// <summary>
    /// A body is larger than the server's limit, in bytes of its canonical JSON. By how much is not told: the
    /// caller may not see all of it. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason DocumentTooLarge { get; } = new("DOCUMENT_TOO_LARGE");

    /// <summary>
    /// A body nests deeper than the server's limit. <c>path</c> is where it does first. Comes with
    /// INVALID_ARGUMENT.
    /// </summary>
    public static Reason DocumentTooDeep { get; } = new("DOCUMENT_TOO_DEEP");

    /// <summary>
    /// A body holds more members and array elements than the server's limit. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason DocumentTooManyValues { get; } = new("DOCUMENT_TOO_MANY_VALUES");

    /// <summary>
    /// A member of a body has a name longer than the limit, in bytes of UTF-8. <c>path</c> is the object that
    /// holds it. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason MemberNameTooLong { get; } = new("MEMBER_NAME_TOO_LONG");

    /// <summary>
    /// A list in the request has more entries than the limit: writes, scopes, paths, access entries, people.
    /// Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason TooManyItems { get; } = new("TOO_MANY_ITEMS");

    /// <summary>
    /// A page token is malformed, too old, or belongs to another caller or another request. The list is begun
    /// anew. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason PageTokenInvalid { get; } = new("PAGE_TOKEN_INVALID");

    /// <summary>
    /// A resume token has not the form of a token at all. One that has, and cannot be continued from for
    /// whatever reason, is no error: a snapshot begins. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason ResumeTokenInvalid { get; } = new("RESUME_TOKEN_INVALID");

    /// <summary>
    /// A consistency token cannot be read, or belongs to another space. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason ConsistencyTokenInvalid { get; } = new("CONSISTENCY_TOKEN_INVALID");

    /// <summary>
    /// The caller's view holds no such resource. Whether it exists is not told. Comes with NOT_FOUND.
    /// </summary>
    public static Reason ResourceNotFound { get; } = new("RESOURCE_NOT_FOUND");

    /// <summary>
    /// The id cannot be given to something new: it is in use, or was. What stands behind it is not told.
    /// Comes with ALREADY_EXISTS.
    /// </summary>
    public static Reason ResourceExists { get; } = new("RESOURCE_EXISTS");

    /// <summary>
    /// What the caller sees of the resource is not what <c>if_match</c> names. <c>etag</c> is the present one.
    /// The client reads, decides anew, and writes again. Comes with ABORTED.
    /// </summary>
    public static Reason EtagMismatch { get; } = new("ETAG_MISMATCH");

    /// <summary>
    /// The idempotency key belongs to another request of the same caller, which succeeded. A new request takes a
    /// new key. Comes with ALREADY_EXISTS.
    /// </summary>
    public static Reason IdempotencyKeyReused { get; } = new("IDEMPOTENCY_KEY_REUSED");

    /// <summary>
    /// An update path leads through a member that is not an object. <c>path</c> is that member. Comes with
    /// FAILED_PRECONDITION.
    /// </summary>
    public static Reason MemberNotObject { get; } = new("MEMBER_NOT_OBJECT");

    /// <summary>
    /// A grant would allow what the app's manifest does not ask for. <c>field</c> is the entry. Comes with
    /// FAILED_PRECONDITION.
    /// </summary>
    public static Reason ManifestExceeded { get; } = new("MANIFEST_EXCEEDED");

    /// <summary>
    /// The app's manifest is not the one that the grant quotes. The person is shown the present one first.
    /// Comes with ABORTED.
    /// </summary>
    public static Reason ManifestChanged { get; } = new("MANIFEST_CHANGED");

    /// <summary>
    /// A grant that was revoked or has expired cannot be changed. A new one is made. Comes with
    /// FAILED_PRECONDITION.
    /// </summary>
    public static Reason GrantEnded { get; } = new("GRANT_ENDED");

    /// <summary>
    /// The server was put back to a state before the write that the consistency token names, or knows nothing of
    /// that write. The client drops the token and looks whether the write is there. Comes with
    /// FAILED_PRECONDITION.
    /// </summary>
    public static Reason HistoryLost { get; } = new("HISTORY_LOST");

    /// <summary>
    /// More writes wait for the space than the server queues. Nothing was written. A RetryInfo says when to try
    /// again. Comes with RESOURCE_EXHAUSTED.
    /// </summary>
    public static Reason SpaceBusy { get; } = new("SPACE_BUSY");

    /// <summary>
    /// The replica did not reach the moment of the consistency token in time. A RetryInfo says when to try
    /// again. Comes with UNAVAILABLE.
    /// </summary>
    public static Reason ReplicaBehind { get; } = new("REPLICA_BEHIND");

    /// <summary>
    /// The server is about to stop. Another one takes the call, or the subscription, at once; a RetryInfo
    /// spreads the clients. Comes with UNAVAILABLE.
    /// </summary>
    public static Reason ServerStopping { get; } = new("SERVER_STOPPING");

    /// <summary>
    /// A subscription reached its longest duration. The client resumes; a RetryInfo spreads the clients. Comes
    /// with UNAVAILABLE.
    /// </summary>
    public static Reason SubscriptionEnded { get; } = new("SUBSCRIPTION_ENDED");

    /// <summary>
    /// The server failed and says no more than that. Its log tells the rest under the request id. Comes with
    /// INTERNAL.
    /// </summary>
    public static Reason Internal { get; } = new("INTERNAL");

    /// <summary>
    /// The message is no well-formed message of its type: broken protobuf, broken JSON, unknown members where
    /// the door refuses them, or the wrong encoding. Comes with INVALID_ARGUMENT.
    /// </summary>
    public static Reason MessageMalformed { get; } = new("MESSAGE_MALFORMED");

    /// <summary>
    /// The message is larger than the server takes. Comes with RESOURCE_EXHAUSTED.
    /// </summary>
    public static Reason MessageTooLarge { get; } = new("MESSAGE_TOO_LARGE");

    /// <summary>
    /// No such method is served here. Comes with UNIMPLEMENTED.
    /// </summary>
    public static Reason MethodUnknown { get; } = new("METHOD_UNKNOWN");

    /// <summary>
    /// The call took longer than its caller, or the server, allows. Whether a write was carried out is not
    /// known; repeating it with its idempotency key is safe. Comes with DEADLINE_EXCEEDED.
    /// </summary>
    public static Reason DeadlineExceeded { get; } = new("DEADLINE_EXCEEDED");

    /// <summary>
    /// The grant, or the address, has as many subscriptions open as it may. Comes with RESOURCE_EXHAUSTED.
    /// </summary>
    public static Reason TooManyStreams { get; } = new("TOO_MANY_STREAMS");

    /// <summary>
    /// The server's storage cannot be reached, or takes no writes. The call had no effect. Comes with
    /// UNAVAILABLE.
    /// </summary>
    public static Reason StorageUnavailable { get; } = new("STORAGE_UNAVAILABLE");

    /// <summary>
    /// The server lost its storage while it was writing and could not learn whether the write is there.
    /// Repeating it with its idempotency key is safe. Comes with UNKNOWN.
    /// </summary>
    public static Reason OutcomeUnknown { get; } = new("OUTCOME_UNKNOWN");

    /// <summary>
    /// The message is compressed in a way that the server does not read. Comes with UNIMPLEMENTED.
    /// </summary>
    public static Reason EncodingUnsupported { get; } = new("ENCODING_UNSUPPORTED");

    /// <summary>
    /// The grant, or the address, has as many subscriptions under way that have not caught up for the first time
    /// as it may. Comes with RESOURCE_EXHAUSTED.
    /// </summary>
    public static Reason TooManyListings { get; } = new("TOO_MANY_LISTINGS");

    /// <summary>
    /// As many calls of the app are under way as the server lets wait. Nothing was done. Comes with
    /// RESOURCE_EXHAUSTED.
    /// </summary>
    public static Reason TooManyCalls { get; } = new("TOO_MANY_CALLS");

    /// <summary>Returns the reason's name.</summary>
    /// <returns>The reason's name.</returns>
    public override string ToString() => Value ?? "";
}
