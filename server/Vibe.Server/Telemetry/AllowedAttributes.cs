namespace Vibe.Server.Telemetry;

/// <summary>
/// The attributes that may leave the process: names of rpcs, templates of routes, reasons, sizes, and what the operator
/// gave names itself. Whatever else a library puts on a span or a metric stays inside, so that nothing which a caller
/// wrote (a path, a host, a user agent) gets out by an update of that library.
/// </summary>
internal static class AllowedAttributes
{
    private static readonly string[] OfBoth =
    [
        "db.operation.name",
        "db.response.status_code",
        "db.system.name",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "rpc.method",
        "url.scheme",
        "vibe.outcome",
        "vibe.reason",
    ];

    /// <summary>Those of spans.</summary>
    public static HashSet<string> OfSpans { get; } =
    [.. OfBoth, "grpc.method", "grpc.status_code", "vibe.group.size", "vibe.page.changes", "vibe.page.size"];

    /// <summary>Those of metrics, each of few values.</summary>
    public static string[] OfMetrics { get; } =
    [
        .. OfBoth,
        "db.client.connection.state",
        "dotnet.gc.heap.generation",
        "gc.heap.generation",
        "cpu.mode",
        "vibe.caller",
    ];
}
