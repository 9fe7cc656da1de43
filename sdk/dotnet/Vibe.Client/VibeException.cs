using System.Collections.ObjectModel;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using StatusCode = Grpc.Core.StatusCode;

namespace Vibe.Client;

/// <summary>
/// A call or a subscription that failed. There is this one type; branch on <see cref="Reason"/>, and on
/// <see cref="Code"/> for reasons that a program does not know. Cancellation by the caller is an
/// <see cref="OperationCanceledException"/> and never this.
/// </summary>
public sealed partial class VibeException : Exception
{
    private static readonly ReadOnlyDictionary<string, string> NoMetadata = new(new Dictionary<string, string>());

    /// <summary>Makes an error as the server would send it; apps need this in tests.</summary>
    /// <param name="code">The status code.</param>
    /// <param name="reason">The reason, or null where there is none.</param>
    /// <param name="text">What happened, in words.</param>
    public VibeException(StatusCode code, Reason? reason, string text)
        : this(code, reason, text, null, null) { }

    internal VibeException(StatusCode code, Reason? reason, string text, string? requestId, Exception? cause)
        : base(Describe(code, reason, text, requestId), cause)
    {
        Code = code;
        Reason = reason;
        RequestId = requestId;
        Text = text;
    }

    /// <summary>The status code.</summary>
    public StatusCode Code { get; }

    /// <summary>
    /// Why it failed; null where the failure did not come from a Vibe server, as with a lost connection.
    /// </summary>
    public Reason? Reason { get; }

    /// <summary>
    /// What varies in the message, under the keys that the contract gives each reason, such as <c>etag</c>. A batch
    /// that is refused names the place of the write as <c>write</c>, counted from 0. Empty where there is nothing.
    /// </summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = NoMetadata;

    /// <summary>What is wrong in the request, member by member; empty where that was not the cause.</summary>
    public IReadOnlyList<Violation> Violations { get; init; } = [];

    /// <summary>The id under which the server's log knows the call; null where no server answered.</summary>
    public string? RequestId { get; }

    /// <summary>How long the server asks to wait before trying again; null where it does not say.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>
    /// True when the same call may succeed later and nothing was done: a read, or a write that the server refused. A
    /// write whose outcome is not known is not retryable; give it a key of your own and repeat it to settle it.
    /// </summary>
    public bool IsRetryable { get; init; }

    /// <summary>Reads an error of gRPC, as calls through <see cref="VibeClient.Raw"/> throw them.</summary>
    /// <param name="exception">The error.</param>
    /// <returns>The same error with its reason; taken for that of a write where this matters.</returns>
    public static VibeException From(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return From(exception, isRead: false);
    }

    internal static VibeException From(RpcException exception, bool isRead)
    {
        RpcStatus? status = null;
        try
        {
            status = exception.GetRpcStatus();
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or FormatException)
        {
            // A proxy may answer with details of its own; the code alone then decides.
        }

        return From(
            exception.StatusCode,
            status is { Message.Length: > 0 } ? status.Message : exception.Status.Detail,
            status,
            exception.Trailers.GetValue("x-request-id"),
            isRead,
            exception
        );
    }

    internal static VibeException From(RpcStatus status) =>
        From((StatusCode)status.Code, status.Message, status, null, isRead: true, null);

    /// <summary>The same error for a write of which an earlier attempt may have been carried out.</summary>
    internal VibeException WithUnknownOutcome() => Copy(isRetryable: false);

    /// <summary>The same error for another caller.</summary>
    internal VibeException Copy() => Copy(IsRetryable);

    private VibeException Copy(bool isRetryable) =>
        new(Code, Reason, Text, RequestId, InnerException)
        {
            Metadata = Metadata,
            Violations = Violations,
            RetryDelay = RetryDelay,
            IsRetryable = isRetryable,
        };

    private string Text { get; }

    private static VibeException From(
        StatusCode code,
        string text,
        RpcStatus? details,
        string? requestId,
        bool isRead,
        Exception? cause
    )
    {
        Reason? reason = null;
        var metadata = NoMetadata;
        if (details?.GetDetail<ErrorInfo>() is { Domain: "vibe" } info)
        {
            reason = new Reason(info.Reason);
            metadata = new ReadOnlyDictionary<string, string>(new Dictionary<string, string>(info.Metadata));
        }

        var request = details?.GetDetail<RequestInfo>()?.RequestId;
        var delay = details?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
        return new VibeException(code, reason, text, string.IsNullOrEmpty(request) ? requestId : request, cause)
        {
            Metadata = metadata,
            Violations =
                details
                    ?.GetDetail<BadRequest>()
                    ?.FieldViolations.Select(violation => new Violation(violation.Field, violation.Description))
                    .ToArray()
                ?? [],
            RetryDelay = delay,
            IsRetryable = MaySucceedLater(code, reason, delay, isRead),
        };
    }

    private static bool MaySucceedLater(StatusCode code, Reason? reason, TimeSpan? delay, bool isRead) =>
        (code == StatusCode.ResourceExhausted && delay is not null)
        || reason == Client.Reason.SpaceBusy
        || reason == Client.Reason.StorageUnavailable
        || (isRead && (code is StatusCode.Unavailable or StatusCode.DeadlineExceeded));

    private static string Describe(StatusCode code, Reason? reason, string text, string? requestId)
    {
        var name = WordStart().Replace(code.ToString(), "_").ToLowerInvariant();
        var head = reason is { } known ? $"{known} ({name})" : name;
        var tail = requestId is null ? "" : $" [request {requestId}]";
        return $"{head}: {text}{tail}";
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
