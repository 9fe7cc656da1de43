using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>One of two servers behind a gateway is told to stop while calls go on.</summary>
public sealed class GatewayDrainTests
{
    private const int Callers = 4;
    private const int Some = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Calls_see_nothing_of_a_server_that_stops()
    {
        await using var beside = await VibeServer.StartAsync(Engine.Postgres);
        var alice = await beside.PersonAsync("alice");
        var drain = new Dictionary<string, string?> { ["Vibe__Drain__Delay"] = "00:00:05" };
        await using var first = await ServerProcess.StartAsync(beside, drain);
        await using var second = await ServerProcess.StartAsync(beside, drain);
        await using var envoy = await Envoy.StartAsync(first.GrpcAddress, second.GrpcAddress);
        using var channel = GrpcChannel.ForAddress(
            envoy.Address,
            new GrpcChannelOptions { HttpHandler = envoy.Handler(), DisposeHttpClient = true }
        );
        var documents = new DocumentService.DocumentServiceClient(
            channel.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {alice.Own.Token}");
                return metadata;
            })
        );
        using var done = new SemaphoreSlim(0);
        using var over = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var calling = Enumerable.Range(0, Callers).Select(CallAsync).ToList();

        await SomeAsync(done);
        await first.StopAsync();
        await SomeAsync(done);
        await over.CancelAsync();
        await Task.WhenAll(calling);

        Assert.Empty(failures);
        Assert.Equal(0, first.ExitCode);

        async Task CallAsync(int caller)
        {
            for (var call = 0; !over.IsCancellationRequested; call++)
            {
                var id = $"c{caller}-{call}";
                try
                {
                    await documents.CreateDocumentAsync(
                        new CreateDocumentRequest
                        {
                            Parent = alice.Collection("movies"),
                            DocumentId = id,
                            Document = new Document { Json = ByteString.CopyFromUtf8("{}") },
                        }
                    );
                    await documents.GetDocumentAsync(new GetDocumentRequest { Name = alice.Document("movies", id) });
                }
                catch (RpcException failure)
                {
                    failures.Enqueue($"{id}: {failure.Status}");
                }
                done.Release();
            }
        }
    }

    // Five errors in a row would do, if answers counted.
    [Fact]
    public async Task Nobody_who_calls_amiss_has_a_server_left_out()
    {
        await using var first = await VibeServer.StartAsync(Engine.Sqlite);
        await using var second = await VibeServer.StartAsync(Engine.Sqlite);
        await using var envoy = await Envoy.StartAsync(first.GrpcAddress, second.GrpcAddress);
        await envoy.SendsToAsync(first.GrpcAddress);
        await envoy.SendsToAsync(second.GrpcAddress);
        using var channel = GrpcChannel.ForAddress(
            envoy.Address,
            new GrpcChannelOptions { HttpHandler = envoy.Handler(), DisposeHttpClient = true }
        );
        var unknown = new Method<byte[], byte[]>(
            MethodType.Unary,
            "vibe.data.v1.DocumentService",
            "Nothing",
            Bytes,
            Bytes
        );

        for (var call = 0; call < Some; call++)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() =>
                channel.CreateCallInvoker().AsyncUnaryCall(unknown, null, default, []).ResponseAsync
            );
            Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        }

        Assert.Equal(0, await envoy.LeftOutAsync());
    }

    private static async Task SomeAsync(SemaphoreSlim done)
    {
        while (await done.WaitAsync(0)) { }
        for (var count = 0; count < Some; count++)
            Assert.True(await done.WaitAsync(Patience), "Calls do not end.");
    }
}
