using System.Diagnostics;
using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// An app, a process of its own that keeps two thousand writes in flight, loses its grant: how long the revocation takes,
/// and that nothing succeeds that began once it had returned.
/// </summary>
/// <remarks>
/// Apps run on other machines than their server. This one gets what processor time the server leaves it, and the first
/// rounds, in which both processes compile themselves, do not count.
/// </remarks>
internal static class Floods
{
    private const int InFlight = 2000;
    private const int WarmUp = 5;

    public static async Task RunAsync(Run run)
    {
        var rounds = run.Count ?? 20;
        using var groups = new GroupCount();
        await using var server = await VibeServer.StartAsync(run.Engine);
        var alice = await server.PersonAsync("alice");
        var allowed = new Allow("load", [Operation.Create, Operation.Read], "*");
        var app = await alice.AppAsync("hostile", allowed);
        var (calm, turns, flooded) = (new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        var (written, refused, late) = (0, 0, 0);
        using var flood = StartApp(server.GrpcAddress);
        for (var round = -WarmUp; round < rounds; round++)
        {
            var calmly = await RevokeAsync(app);
            app = await alice.AllowAsync(app.App, allowed);
            await flood.StandardInput.WriteLineAsync($"{app.Actor.Token} r{round}");
            // It says when its queue is full: the first refusal.
            await flood.StandardOutput.ReadLineAsync();
            var turn = await TakeTurnAsync(server, alice);
            var revoked = await RevokeAsync(app);
            await flood.StandardInput.WriteLineAsync($"{Stopwatch.GetTimestamp()}");
            var counts = (await flood.StandardOutput.ReadLineAsync())?.Split(' ') ?? [];
            run.Expect(counts.Length == 3, "the app ended before its grant");
            if (counts.Length != 3)
                return;
            var numbers = counts.Select(count => int.Parse(count, CultureInfo.InvariantCulture)).ToArray();
            late += numbers[2];
            app = await alice.AllowAsync(app.App, allowed);
            if (round < 0)
                continue;
            (written, refused) = (written + numbers[0], refused + numbers[1]);
            calm.Add(calmly);
            turns.Add(turn);
            flooded.Add(revoked);
        }
        flood.StandardInput.Close();
        await flood.WaitForExitAsync();
        run.Expect(flood.ExitCode == 0, $"the app ended with {flood.ExitCode}");
        run.Expect(late == 0, $"{late} writes began after a revocation had returned, and succeeded");
        Console.WriteLine(
            $"{rounds} floods of {InFlight} after {WarmUp} to warm up: {written} written, {refused} refused as too many, {late} late"
        );
        Console.WriteLine(groups);
        Run.PrintTimes("revoke called to returned, calm", calm);
        Run.PrintTimes("turn asked for to durable, flooded", turns);
        Run.PrintTimes("revoke called to returned, flooded", flooded);
    }

    /// <summary>The process of the app: floods with each token that it is given until the grant ends.</summary>
    public static async Task RunAppAsync(string address)
    {
        using (var self = Process.GetCurrentProcess())
            self.PriorityClass = ProcessPriorityClass.Idle;
        using var channel = GrpcChannel.ForAddress(address);
        while (await Console.In.ReadLineAsync() is { } line && line.Split(' ') is [var token, var prefix])
            await FloodAsync(channel, token, prefix);
    }

    private static async Task FloodAsync(GrpcChannel channel, string token, string prefix)
    {
        var documents = new DocumentService.DocumentServiceClient(
            channel.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {token}");
                return metadata;
            })
        );
        var isFull = new TaskCompletionSource();
        var (written, refused) = (0, 0);
        var last = 0L;
        var flood = Enumerable
            .Range(0, InFlight)
            .Select(async writer =>
            {
                for (var n = 0; ; n++)
                {
                    var called = Stopwatch.GetTimestamp();
                    try
                    {
                        await documents.CreateAsync($"{prefix}-{writer}-{n}", "{}");
                        Interlocked.Increment(ref written);
                        InterlockedMax(ref last, called);
                    }
                    catch (RpcException refusal)
                        when (refusal.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable)
                    {
                        Interlocked.Increment(ref refused);
                        // Without a reason it is the transport, which has more streams than it keeps up with (RFC 9113,
                        // ENHANCE_YOUR_CALM), and closes the connection of whoever goes on.
                        var delay = refusal.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan();
                        if (delay is not null)
                            isFull.TrySetResult();
                        await Task.Delay(delay ?? TimeSpan.FromMilliseconds(100));
                    }
                    catch (RpcException refusal) when (ReasonOf(refusal) == "GRANT_REVOKED")
                    {
                        return;
                    }
                }
            })
            .ToArray();
        await isFull.Task;
        Console.WriteLine("full");
        var returned = long.Parse((await Console.In.ReadLineAsync())!, CultureInfo.InvariantCulture);
        await Task.WhenAll(flood);
        Console.WriteLine($"{written} {refused} {(last > returned ? 1 : 0)}");
    }

    private static async Task<TimeSpan> RevokeAsync(AllowedApp app)
    {
        var clock = Stopwatch.StartNew();
        await app.RevokeAsync();
        return clock.Elapsed;
    }

    /// <summary>What a revocation waits for behind the door.</summary>
    private static async Task<TimeSpan> TakeTurnAsync(VibeServer server, Person person)
    {
        var clock = Stopwatch.StartNew();
        await server
            .Services.GetRequiredService<SpaceLog>()
            .WriteAsync(
                new SpaceName(person.Id),
                Lane.Access,
                null,
                [],
                (turn, _) => Task.FromResult(turn.NextRevision()),
                CancellationToken.None
            );
        return clock.Elapsed;
    }

    private static Process StartApp(Uri address) =>
        Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["hostile-app", $"{address}"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;

    private static string? ReasonOf(RpcException refusal) => refusal.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    private static void InterlockedMax(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); seen < value; )
        {
            var found = Interlocked.CompareExchange(ref place, value, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
