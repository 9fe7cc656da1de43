using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Vibe.Testing.Telemetry;

/// <summary>A collector of OpenTelemetry in this process: takes OTLP over HTTP on the loopback and keeps what arrives.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private readonly ConcurrentQueue<ReceivedSeries> _series = new();
    private readonly ConcurrentQueue<byte[]> _requests = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public IReadOnlyCollection<ReceivedSpan> Spans => _spans;

    /// <summary>What arrived of metrics; a series comes again with every export.</summary>
    public IReadOnlyCollection<ReceivedSeries> Series => _series;

    /// <summary>Everything that arrived, as it was sent.</summary>
    public IReadOnlyCollection<byte[]> Requests => _requests;

    /// <summary>The variables by which a server sends everything here, and soon.</summary>
    public Dictionary<string, string?> Variables =>
        new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app
                .Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.Single(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", context => receiver.TakeAsync(context, receiver.TakeSpans));
        receiver._app.MapPost("/v1/metrics", context => receiver.TakeAsync(context, receiver.TakeSeries));
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<WireFields> take)
    {
        var message = await ByteString.FromStreamAsync(context.Request.Body);
        _requests.Enqueue(message.ToByteArray());
        take(WireFields.Read(message));
    }

    private void TakeSpans(WireFields request)
    {
        foreach (var sent in request.Messages(1))
        {
            var resource = ReceivedResource.Read(sent.Message(1));
            foreach (var scope in sent.Messages(2))
            foreach (var span in scope.Messages(2))
                _spans.Enqueue(ReceivedSpan.Read(resource, scope.Message(1)?.Text(1) ?? "", span));
        }
    }

    private void TakeSeries(WireFields request)
    {
        foreach (
            var metric in request
                .Messages(1)
                .SelectMany(sent => sent.Messages(2))
                .SelectMany(scope => scope.Messages(2))
        )
        foreach (var (kind, attributes) in new[] { (5, 7), (7, 7), (9, 9) })
        foreach (var point in metric.Message(kind)?.Messages(1) ?? [])
            _series.Enqueue(
                new ReceivedSeries(metric.Text(1), metric.Text(3), ReceivedResource.Attributes(point, attributes))
            );
    }
}
