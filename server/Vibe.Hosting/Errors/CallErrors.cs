using System.Data.Common;
using Vibe.Errors.V1;

namespace Vibe.Hosting.Errors;

/// <summary>Refusals that concern a call or its fields, whatever the method is.</summary>
public static class CallErrors
{
    /// <summary>A member of the request is missing, out of bounds, or contradicts another one.</summary>
    public static VibeException FieldInvalid(string field, string problem) =>
        new(
            ErrorReason.FieldInvalid,
            $"The field '{field}' is not valid: {problem}",
            new Dictionary<string, string> { ["field"] = field }
        )
        {
            Violations = [(field, problem)],
        };

    /// <summary>A name or an id has not the form that the contract gives it.</summary>
    public static VibeException NameInvalid(string field, string value, string form) =>
        new(
            ErrorReason.NameInvalid,
            $"The field '{field}' holds no valid name; expected {form}.",
            new Dictionary<string, string> { ["field"] = field, ["value"] = Shorten(value) }
        )
        {
            Violations = [(field, $"expected {form}")],
        };

    /// <summary>A list in the request is longer than its limit.</summary>
    public static VibeException TooManyItems(string field, int actual, int limit) =>
        new(
            ErrorReason.TooManyItems,
            $"The field '{field}' holds {actual} entries; the limit is {limit}.",
            new Dictionary<string, string>
            {
                ["field"] = field,
                ["actual"] = $"{actual}",
                ["limit"] = $"{limit}",
            }
        );

    /// <summary>The call took longer than its caller, or the server, allows.</summary>
    public static VibeException DeadlineExceeded() =>
        new(
            ErrorReason.DeadlineExceeded,
            "The call took too long. Whether a write was carried out is not known; repeat it with its idempotency key."
        );

    /// <summary>As many calls of the app run and wait as may; nothing was done.</summary>
    public static VibeException TooManyCalls(int limit) =>
        new(
            ErrorReason.TooManyCalls,
            $"There are {limit} calls of the app under way already; one of them has to end first.",
            new Dictionary<string, string> { ["limit"] = $"{limit}" }
        )
        {
            RetryDelay = TimeSpan.FromSeconds(1),
        };

    /// <summary>More calls come than a bucket has tokens for; nothing was done.</summary>
    /// <param name="bucket">Whose calls are too many.</param>
    /// <param name="limit">How many a second are let in.</param>
    /// <param name="wait">How long until the next one is.</param>
    public static VibeException RateExceeded(string bucket, int limit, TimeSpan wait) =>
        new(
            ErrorReason.TooManyCalls,
            $"More calls come than are let in, which is {limit} a second in the bucket '{bucket}'.",
            new Dictionary<string, string> { ["bucket"] = bucket, ["limit"] = $"{limit}" }
        )
        {
            RetryDelay = wait,
        };

    /// <summary>The storage cannot be reached, or takes no writes.</summary>
    public static VibeException StorageUnavailable(Exception? inner = null) =>
        new(ErrorReason.StorageUnavailable, "The server's storage cannot be reached; nothing was done.", inner: inner)
        {
            RetryDelay = TimeSpan.FromSeconds(1),
        };

    /// <summary>What a caller is told of a failure: that the storage cannot be reached, or that the server failed.</summary>
    public static VibeException Of(Exception failure) =>
        failure switch
        {
            VibeException refusal => refusal,
            DbException => StorageUnavailable(failure),
            _ => new(ErrorReason.Internal, "The server failed; its log tells more under the request id."),
        };

    /// <summary>The storage was lost while it was writing.</summary>
    public static VibeException OutcomeUnknown(Exception? inner = null) =>
        new(
            ErrorReason.OutcomeUnknown,
            "The storage was lost while it was writing. Repeat the call with its idempotency key.",
            inner: inner
        );

    /// <summary>No such method is served here.</summary>
    public static VibeException MethodUnknown() => new(ErrorReason.MethodUnknown, "No such method is served here.");

    /// <summary>A framework's own service has not what it was asked for.</summary>
    public static VibeException NotFound(string resource) =>
        new(
            ErrorReason.ResourceNotFound,
            "There is no such resource.",
            new Dictionary<string, string> { ["resource"] = Shorten(resource) }
        );

    /// <summary>The message is compressed in a way that the server does not read.</summary>
    public static VibeException EncodingUnsupported(string encoding) =>
        new(
            ErrorReason.EncodingUnsupported,
            "The message is compressed in a way that the server does not read.",
            new Dictionary<string, string> { ["encoding"] = Shorten(encoding) }
        );

    /// <summary>The message is no well-formed message of its type.</summary>
    public static VibeException MessageMalformed(string? detail = null) =>
        new(ErrorReason.MessageMalformed, detail ?? "The message is not a well-formed message of its type.");

    /// <summary>The message is larger than the server takes.</summary>
    public static VibeException MessageTooLarge(long limit) =>
        new(
            ErrorReason.MessageTooLarge,
            $"The message is larger than {limit} bytes.",
            new Dictionary<string, string> { ["limit"] = $"{limit}" }
        );

    private static string Shorten(string value) => value.Length <= 200 ? value : value[..200] + "…";
}
