using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Load.Measures;

namespace Vibe.Load.Generators;

/// <summary>The generator in this process. It costs more than the servers it calls, and can say anything.</summary>
internal sealed class ClosedLoop : Generator
{
    public override string Name => ".NET";

    public override async Task<Outcome> RunAsync(
        Uri address,
        IReadOnlyList<Call> calls,
        Shape shape,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        var channels = Enumerable.Range(0, shape.Connections).Select(_ => Connect(address)).ToArray();
        try
        {
            await Task.WhenAll(channels.Select(channel => channel.ConnectAsync(cancellation)));
            var latencies = new Latencies();
            var clock = Stopwatch.StartNew();
            var answered = await Task.WhenAll(
                Enumerable
                    .Range(0, shape.InFlight)
                    .Select(caller =>
                        CallAsync(
                            channels[caller % channels.Length].CreateCallInvoker(),
                            calls[caller % calls.Count],
                            latencies,
                            () => clock.Elapsed < length,
                            cancellation
                        )
                    )
            );
            return new Outcome(latencies.Count, latencies.Count, clock.Elapsed, latencies, answered.Sum());
        }
        catch (RpcException exception)
        {
            throw new LoadException($"{address}: a call failed with {exception.Status}");
        }
        finally
        {
            foreach (var channel in channels)
                channel.Dispose();
        }
    }

    private static async Task<long> CallAsync(
        CallInvoker invoker,
        Call call,
        Latencies latencies,
        Func<bool> goesOn,
        CancellationToken cancellation
    )
    {
        var message = call.Copy();
        var bytes = 0L;
        await Task.Yield();
        while (goesOn())
        {
            var called = Stopwatch.GetTimestamp();
            bytes += await call.SendAsync(invoker, message, cancellation);
            latencies.Add(Stopwatch.GetElapsedTime(called));
        }
        return bytes;
    }

    private static GrpcChannel Connect(Uri address) =>
        GrpcChannel.ForAddress(
            address,
            new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false },
                DisposeHttpClient = true,
            }
        );
}
