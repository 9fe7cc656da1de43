using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Vibe.Client;

/// <summary>What the client logs: methods, codes and reasons; never an id, a name, a token or a body.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} failed at attempt {Attempt} with {Code} {Reason} and is tried again.")]
    public static partial void TryingAgain(ILogger logger, string method, int attempt, StatusCode code, string? reason);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "{Method}: the server does not know the client's latest writes any more. The read does not wait for them."
    )]
    public static partial void HistoryLost(ILogger logger, string method);

    [LoggerMessage(
        3,
        LogLevel.Debug,
        "The stream of subscriptions was cut with {Code} {Reason} and resumes in {Delay}."
    )]
    public static partial void Resuming(ILogger logger, StatusCode code, string? reason, TimeSpan delay);

    [LoggerMessage(
        4,
        LogLevel.Debug,
        "{Count} writes that went together were refused with {Code} {Reason}; each goes alone."
    )]
    public static partial void GoingAlone(ILogger logger, int count, StatusCode code, string? reason);

    [LoggerMessage(5, LogLevel.Debug, "The server did not say where it is reached: {Code}. The given address stays.")]
    public static partial void NotDescribed(ILogger logger, StatusCode code);
}
