using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Data.V1;
using Vibe.Testing;
using Vibe.Testing.Http2;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>Frames that cost their sender nothing end the connection that they come on, and no other.</summary>
public sealed class GatewayFloodTests(Gateway gateway) : IClassFixture<Gateway>
{
    private const long MostFrames = 2_000_000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Floods => [.. FrameFlood.All.Select(flood => flood.Name)];

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_is_cut_and_whoever_behaves_goes_on(string flood)
    {
        var known = await KnownAsync();
        var connects = 0;
        var handler = gateway.Envoy.Handler();
        handler.ConnectCallback = async (context, cancellation) =>
        {
            Interlocked.Increment(ref connects);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var channel = GrpcChannel.ForAddress(
            gateway.Envoy.Address,
            new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }
        );
        var documents = new DocumentService.DocumentServiceClient(
            channel.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {gateway.Alice.Own.Token}");
                return metadata;
            })
        );
        await documents.GetDocumentAsync(known);
        using var over = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var behaving = BehaveAsync();

        var outcome = await FrameFlood
            .Of(flood)
            .RunAsync(
                new FloodTarget(
                    gateway.Envoy.Address,
                    gateway.Envoy.AuthorityFile,
                    gateway.Alice.Own.Token!,
                    known.Name
                ),
                MostFrames,
                Longest,
                mostCuts: 1
            );
        await documents.GetDocumentAsync(known);
        await over.CancelAsync();
        await behaving;

        Assert.True(outcome.Cuts == 1, $"It was not cut: {outcome}");
        Assert.Empty(failures);
        Assert.Equal(1, connects);

        async Task BehaveAsync()
        {
            while (!over.IsCancellationRequested)
                try
                {
                    await documents.GetDocumentAsync(known);
                }
                catch (RpcException failure)
                {
                    failures.Enqueue($"{failure.Status}");
                }
        }
    }

    private async Task<GetDocumentRequest> KnownAsync()
    {
        var id = Guid.NewGuid().ToString();
        await gateway.Alice.Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = gateway.Alice.Collection("flooded"),
                DocumentId = id,
                Document = new Document() { Json = Google.Protobuf.ByteString.CopyFromUtf8("{}") },
            }
        );
        return new GetDocumentRequest { Name = gateway.Alice.Document("flooded", id) };
    }
}
