using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Vibe.Testing.Telemetry;

/// <summary>
/// A collector of OpenTelemetry in this process: takes OTLP over HTTP, and spans over gRPC, on the loopback and keeps what arrives.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private const int FrameHead = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Addresses.First(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        };

    /// <summary>Where it takes spans over gRPC.</summary>
    public Uri Grpc => new(Addresses.Last());

    private ICollection<string> Addresses =>
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/traces", context => receiver.TakeAsync(context, receiver.TakeSpans));
        receiver._app.MapPost("/v1/metrics", context => receiver.TakeAsync(context, receiver.TakeSeries));
        receiver._app.MapPost(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            receiver.TakeSpansOfGrpcAsync
        );
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Waits for a span.</summary>
    public async Task<ReceivedSpan> ArrivesAsync(Func<ReceivedSpan, bool> wanted)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (Spans.FirstOrDefault(wanted) is { } span)
                return span;
            await Task.Delay(20, patience.Token);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<WireFields> take)
    {
        var message = await ByteString.FromStreamAsync(context.Request.Body);
        _requests.Enqueue(message.ToByteArray());
        take(WireFields.Read(message));
    }

    // One message, behind a byte and its length; so is the answer, which is empty.
    private async Task TakeSpansOfGrpcAsync(HttpContext context)
    {
        var sent = await ByteString.FromStreamAsync(context.Request.Body);
        var message = ByteString.CopyFrom(sent.Span[FrameHead..]);
        _requests.Enqueue(message.ToByteArray());
        TakeSpans(WireFields.Read(message));
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[FrameHead]);
        context.Response.AppendTrailer("grpc-status", "0");
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
