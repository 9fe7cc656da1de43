using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Vibe.Load.Measures;

namespace Vibe.Load.Generators;

/// <summary>The generator in this process. It costs more than the servers it calls, and can say anything.</summary>
/// <param name="most">How many calls it makes at most in a run, however fast they are answered.</param>
internal sealed class ClosedLoop(long most = long.MaxValue) : Generator
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
            var left = most;
            var clock = Stopwatch.StartNew();
            var answered = await Task.WhenAll(
                Enumerable
                    .Range(0, shape.InFlight)
                    .Select(caller =>
                        CallAsync(
                            channels[caller % channels.Length].CreateCallInvoker(),
                            InTurn(calls, caller, shape.InFlight),
                            latencies,
                            () => clock.Elapsed < length && Interlocked.Decrement(ref left) >= 0,
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
        IEnumerable<(Call Call, byte[] Message)> calls,
        Latencies latencies,
        Func<bool> goesOn,
        CancellationToken cancellation
    )
    {
        var bytes = 0L;
        await Task.Yield();
        foreach (var (call, message) in calls)
        {
            if (!goesOn())
                break;
            var called = Stopwatch.GetTimestamp();
            bytes += await call.SendAsync(invoker, message, cancellation);
            latencies.Add(Stopwatch.GetElapsedTime(called));
        }
        return bytes;
    }

    // Together the callers go round; where they are a multiple of the calls, each stays with one.
    private static IEnumerable<(Call Call, byte[] Message)> InTurn(IReadOnlyList<Call> calls, int first, int step)
    {
        var own = calls.Select(call => (call, call.Copy())).ToArray();
        for (var next = first % own.Length; ; next = (next + step) % own.Length)
            yield return own[next];
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
