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
internal static class Floods
{
    private const int InFlight = 2000;

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
        for (var round = 0; round < rounds; round++)
        {
            calm.Add(await RevokeAsync(app));
            app = await alice.AllowAsync(app.App, allowed);
            using var flood = Flood(server.GrpcAddress, app.Actor.Token!, $"r{round}");
            // It says when its queue is full: the first refusal.
            await flood.StandardOutput.ReadLineAsync();
            turns.Add(await TakeTurnAsync(server, alice));
            flooded.Add(await RevokeAsync(app));
            await flood.StandardInput.WriteLineAsync($"{Stopwatch.GetTimestamp()}");
            var counts = (await flood.StandardOutput.ReadToEndAsync()).Trim().Split(' ');
            await flood.WaitForExitAsync();
            run.Expect(flood.ExitCode == 0 && counts.Length == 3, $"the flood ended with {flood.ExitCode}");
            var numbers = counts.Select(count => int.Parse(count, CultureInfo.InvariantCulture)).ToArray();
            (written, refused, late) = (written + numbers[0], refused + numbers[1], late + numbers[2]);
            app = await alice.AllowAsync(app.App, allowed);
        }
        run.Expect(late == 0, $"{late} writes began after a revocation had returned, and succeeded");
        Console.WriteLine(
            $"{rounds} floods of {InFlight}: {written} written, {refused} refused as too many, {late} late"
        );
        Console.WriteLine(groups);
        Run.PrintTimes("revoke called to returned, calm", calm);
        Run.PrintTimes("turn asked for to durable, flooded", turns);
        Run.PrintTimes("revoke called to returned, flooded", flooded);
    }

    /// <summary>The process of the app: floods until its grant ends.</summary>
    public static async Task RunAppAsync(string address, string token, string prefix)
    {
        using var channel = GrpcChannel.ForAddress(address);
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
                    catch (RpcException refusal) when (ReasonOf(refusal) == "SPACE_BUSY")
                    {
                        Interlocked.Increment(ref refused);
                        isFull.TrySetResult();
                        await Task.Delay(refusal.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
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
                (turn, _) => Task.FromResult(turn.NextRevision()),
                CancellationToken.None
            );
        return clock.Elapsed;
    }

    private static Process Flood(Uri address, string token, string prefix) =>
        Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["hostile-app", $"{address}", token, prefix])
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
