using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Testing.Telemetry;
using Status = Google.Rpc.Status;

namespace Vibe.Server.Tests.Hostile;

/// <summary>What came back for a call, whatever the protocol.</summary>
/// <param name="Http">The status of HTTP; 0 when the connection was ended without one.</param>
/// <param name="Headers">Headers and trailers.</param>
/// <param name="Status">The status of the call; nothing when there is none in the form of the protocol.</param>
/// <param name="Text">What stands in the body of a refusal.</param>
internal sealed record Answer(
    int Http,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    Status? Status,
    string Text = ""
)
{
    private const int MaxBytes = 8 * 1024;
    private const int MaxMetadataValue = 1024;
    private const int ShortestTelling = 8;

    private static readonly Dictionary<string, Code> Reasons = Enum.GetValues<ErrorReason>()
        .ToDictionary(ErrorReasons.NameOf, ErrorReasons.CodeOf);

    private static readonly JsonParser Json = new(JsonParser.Settings.Default.WithTypeRegistry(Refusal.DetailTypes));

    public static readonly Status Fine = new();

    public bool IsOk => Status is { Code: 0 };

    /// <summary>
    /// Whether the web server refused it while it was still reading the head of the request: no request came to be, and
    /// so none of the server's own code has seen it.
    /// </summary>
    public bool IsBeforeHttp =>
        Status is null
        && Http is 400 or 405 or 414 or 431
        && Text.Length == 0
        && Headers.All(header => header.Key != "x-request-id");

    /// <summary>All that its caller can read in it.</summary>
    public IEnumerable<string> Told => Texts.OfHeaders(Headers).Concat(Status is null ? [Text] : Texts.Of(Status));

    /// <summary>The outcome in one word.</summary>
    public string Word =>
        Status is null ? $"HTTP {Http}"
        : IsOk ? "OK"
        : Status.GetDetail<ErrorInfo>()?.Reason ?? $"no reason, code {(Code)Status.Code}: {Status.Message}";

    public static Status? FromJson(string text)
    {
        try
        {
            return Json.Parse<Status>(text);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            return null;
        }
    }

    /// <summary>Names what the contract does not allow about the answer, or gives nothing.</summary>
    public string? Flaw(string payload = "")
    {
        if (IsBeforeHttp)
            return null;
        if (Status is null)
            return $"no status in the form of the protocol, HTTP {Http}: {Text}";
        if (Headers.Sum(header => header.Key.Length + header.Value.Length + 2) is var bytes && bytes >= MaxBytes)
            return $"headers of {bytes} bytes";
        if (IsOk)
            return null;
        if (Text.Length >= MaxBytes)
            return $"a refusal of {Text.Length} bytes";
        if (Status.GetDetail<ErrorInfo>() is not { Domain: "vibe" } info)
            return Word;
        if (!Reasons.TryGetValue(info.Reason, out var code) || (int)code != Status.Code)
            return $"{info.Reason} with the code {(Code)Status.Code}";
        if (code is Code.Internal or Code.Unknown)
            return $"{info.Reason}: {Status.Message}";
        if (Status.GetDetail<RequestInfo>() is null)
            return $"{info.Reason} without a request id";
        if (info.Metadata.Values.FirstOrDefault(value => value.Length > MaxMetadataValue) is { } grown)
            return $"{info.Reason} with metadata of {grown.Length} characters";
        if (payload.Length < ShortestTelling || info.Metadata.Values.Any(value => value.Contains(payload)))
            return null;
        var told = Status.Details.Count == 0 ? Status.Message : $"{Status.Message} {Status.GetDetail<BadRequest>()}";
        return told.Contains(payload, StringComparison.Ordinal) ? $"{info.Reason} tells what was sent: {told}" : null;
    }
}
