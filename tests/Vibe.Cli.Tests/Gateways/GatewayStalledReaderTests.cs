using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>Whoever stops reading behind a gateway loses its stream there and at the server, and nobody else does.</summary>
public sealed class GatewayStalledReaderTests
{
    private const string Shelf = "spaces/me/collections/shelf";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // More than the systems of both ends and of the gateway keep for a stream, after some of them.
    private static readonly string Text = new('x', 500_000);

    // As many as share a connection between the gateway and a server with whoever reads.
    [Fact]
    public async Task Streams_over_http_2_that_are_not_read_end_while_others_go_on()
    {
        const int readers = 40;
        await using var server = await StartAsync(readers);
        await using var envoy = await Envoy.StartAsync(server.GrpcAddress);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("stalled", new Allow("shelf", [Operation.Read], "*"));
        using var channel = ChannelTo(envoy);
        using var healthy = await FollowAsync(channel, alice.Own.Token!);
        var connections = await StalledReaders.OpenAsync(
            envoy.Address,
            Enumerable.Repeat(StalledCall.Of(app.Actor.Token!, new Scope { Collection = Shelf }), readers),
            envoy.AuthorityFile
        );
        await using var stalled = Assert.Single(connections);
        using var late = new CancellationTokenSource(Patience);
        while (stalled.Answered < readers)
            await Task.Delay(5, late.Token);
        Assert.False(await HasPlaceAsync(app.Actor));

        for (var written = 0; stalled.Open > 0; written++)
            await WriteAsync(alice, healthy, written, late.Token);
        await HasPlacesAsync(app.Actor, readers, late.Token);
    }

    [Theory]
    [InlineData("lines")]
    [InlineData("events")]
    [InlineData("gRPC-web")]
    public async Task A_stream_over_http_1_that_is_not_read_ends_while_others_go_on(string how)
    {
        await using var server = await StartAsync(streams: 1);
        await using var envoy = await Envoy.StartAsync(server.GrpcAddress);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("stalled", new Allow("shelf", [Operation.Read], "*"));
        using var channel = ChannelTo(envoy);
        using var healthy = await FollowAsync(channel, alice.Own.Token!);
        await using var unread = await UnreadStream.OpenAsync(
            envoy.Address,
            how,
            app.Actor.Token!,
            Shelf,
            envoy.AuthorityFile
        );
        Assert.False(await HasPlaceAsync(app.Actor));

        using var late = new CancellationTokenSource(Patience);
        for (var written = 0; !await HasPlaceAsync(app.Actor); written++)
            await WriteAsync(alice, healthy, written, late.Token);
        await unread.EndsAsync();
    }

    private static Task<VibeServer> StartAsync(int streams) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = new Dictionary<string, string?>
                {
                    ["Vibe:Subscriptions:WriteTimeout"] = "00:00:01",
                    ["Vibe:Subscriptions:StalledAfter"] = "00:00:00.2",
                    ["Vibe:Subscriptions:StreamsPerGrant"] = $"{streams}",
                },
            }
        );

    private static GrpcChannel ChannelTo(Envoy envoy) =>
        GrpcChannel.ForAddress(
            envoy.Address,
            new GrpcChannelOptions { HttpHandler = envoy.Handler(), DisposeHttpClient = true }
        );

    private static async Task<AsyncServerStreamingCall<SubscribeResponse>> FollowAsync(
        GrpcChannel channel,
        string token
    )
    {
        var invoker = channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {token}");
            return metadata;
        });
        var call = new SyncService.SyncServiceClient(invoker).Subscribe(
            new SubscribeRequest { Scope = new Scope { Collection = Shelf } }
        );
        while (await NextAsync(call, CancellationToken.None) is var next && next.Page?.Checkpoint is null) { }
        return call;
    }

    private static async Task WriteAsync(
        Person alice,
        AsyncServerStreamingCall<SubscribeResponse> healthy,
        int number,
        CancellationToken late
    )
    {
        await alice.Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Shelf,
                DocumentId = $"d{number}",
                Document = new Document { Json = ByteString.CopyFromUtf8($$"""{"Text":"{{Text}}"}""") },
            },
            cancellationToken: late
        );
        Assert.Equal($"d{number}", Assert.Single((await NextAsync(healthy, late)).Page.Changes).DocumentId);
    }

    // Waits until its grant may have so many further streams.
    private static async Task HasPlacesAsync(Actor app, int count, CancellationToken late)
    {
        var held = new List<AsyncServerStreamingCall<SubscribeResponse>>();
        while (held.Count < count)
        {
            var call = app.Sync.Subscribe(new SubscribeRequest { Scope = new Scope { Collection = Shelf } });
            try
            {
                await NextAsync(call, late);
                held.Add(call);
            }
            catch (RpcException refused) when (refused.Reason() == "TOO_MANY_STREAMS")
            {
                call.Dispose();
            }
        }
        held.ForEach(call => call.Dispose());
    }

    // Whether its grant may have a further stream, asked beside the gateway.
    private static async Task<bool> HasPlaceAsync(Actor app)
    {
        using var call = app.Sync.Subscribe(new SubscribeRequest { Scope = new Scope { Collection = Shelf } });
        try
        {
            return (await NextAsync(call, CancellationToken.None)).Opened is not null;
        }
        catch (RpcException refused) when (refused.Reason() == "TOO_MANY_STREAMS")
        {
            return false;
        }
    }

    private static async Task<SubscribeResponse> NextAsync(
        AsyncServerStreamingCall<SubscribeResponse> call,
        CancellationToken late
    )
    {
        Assert.True(await call.ResponseStream.MoveNext(late).WaitAsync(Patience));
        return call.ResponseStream.Current;
    }
}
