using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace Vibe.Client;

/// <summary>What a <see cref="VibeClient"/> may be told beside its address and token.</summary>
public sealed class VibeClientOptions
{
    /// <summary>
    /// How long a call may take as a whole, attempts, delays and token renewal together; 30 seconds unless set. The
    /// server is told it too. Each verb takes its own. Subscriptions have none.
    /// </summary>
    public TimeSpan Timeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>How calls and subscriptions try again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Name and version of the app, such as <c>notes/2.1</c>, told to the server in the user-agent.</summary>
    public string? Application { get; init; }

    /// <summary>
    /// Where the client logs to. Without one it does not log. No id, name, token or body is ever logged.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>
    /// Changes the gRPC channel before it is made, for certificates, proxies and sizes. It is called once, when the
    /// client is made, and must do no I/O.
    /// </summary>
    public Action<GrpcChannelOptions>? ConfigureChannel { get; init; }

    /// <summary>The clock; tests may give their own.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
