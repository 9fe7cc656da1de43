using Google.Rpc;
using Vibe.Errors.V1;

namespace Vibe.Hosting.Errors;

/// <summary>
/// A refusal that its caller is told: a reason of the contract, text for people, and what varies in it as metadata.
/// Everything else that is thrown reaches the caller as INTERNAL, without its text.
/// </summary>
public sealed class VibeException(
    ErrorReason reason,
    string message,
    IReadOnlyDictionary<string, string>? metadata = null,
    Exception? inner = null
) : Exception(message, inner)
{
    /// <summary>The reason; its status code follows from the contract.</summary>
    public ErrorReason Reason { get; } = reason;

    /// <summary>What varies in the message, under the keys that the contract gives the reason.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata ?? new Dictionary<string, string>();

    /// <summary>Fields of the request that are wrong, with what is wrong about each.</summary>
    public IReadOnlyList<(string Field, string Problem)> Violations { get; init; } = [];

    /// <summary>How long to wait before another try; absent where waiting does not help.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The status code that the contract ties to the reason.</summary>
    public Code Code => ErrorReasons.CodeOf(Reason);
}
