namespace Vibe.Server.Tests.Telemetry;

/// <summary>
/// Every attribute that may leave a server, in order. A new one belongs here only once somebody made sure that no body,
/// token, query, id, name or text of a caller can be in it.
/// </summary>
internal static class Known
{
    public static string[] OfSpans { get; } =
    [
        "db.response.status_code",
        "db.system.name",
        "error.type",
        "grpc.method",
        "grpc.status_code",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "rpc.method",
        "url.scheme",
        "vibe.group.size",
        "vibe.outcome",
        "vibe.page.changes",
        "vibe.page.size",
    ];

    public static string[] OfMetrics { get; } =
    [
        "cpu.mode",
        "db.client.connection.state",
        "db.response.status_code",
        "db.system.name",
        "error.type",
        "gc.heap.generation",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "rpc.method",
        "url.scheme",
        "vibe.caller",
        "vibe.outcome",
        "vibe.reason",
    ];
}
