using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Vibe.Server;

/// <summary>
/// What a connection may cost before and between its requests: how long it may take over them, and how many there are.
/// </summary>
internal sealed class ConnectionOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe:Connections";

    // Slower than any network in use, and faster than whoever sends a byte now and then to keep a connection.
    private const double BytesPerSecond = 240;

    /// <summary>How many connections are open at once; one above is closed without an answer.</summary>
    [Range(10, 1_000_000)]
    public int Most { get; init; } = 10_000;

    /// <summary>How long the head of a request may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may be open without a request.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a body may come, or over HTTP/1.1 an answer be taken, more slowly than 240 bytes a second.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan SlowBodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how much silence the other end of an HTTP/2 connection is asked whether it is still there.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it may take to say so.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Sets what an answer goes by that has its connection for itself.</summary>
    public void ApplyTo(HttpContext context)
    {
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } answer)
            answer.MinDataRate = new MinDataRate(BytesPerSecond, SlowBodyGrace);
    }

    /// <summary>Sets what the web server goes by.</summary>
    public void ApplyTo(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = Most;
        limits.RequestHeadersTimeout = HeadTimeout;
        limits.KeepAliveTimeout = IdleTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(BytesPerSecond, SlowBodyGrace);
        // Over HTTP/2 it would end the whole connection, which behind a gateway is that of many: there the streams of those who
        // do not read end one by one (Vibe:Subscriptions:WriteTimeout), and other answers with the deadline of their call.
        limits.MinResponseDataRate = null;
        limits.MaxRequestLineSize = 8 * 1024;
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.MaxRequestHeaderCount = 100;
        // Messages have a limit of their own, which tells its reason.
        limits.MaxRequestBodySize = null;
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.KeepAlivePingDelay = PingAfter;
        limits.Http2.KeepAlivePingTimeout = PingTimeout;
    }
}
