using System.Diagnostics;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;
using Vibe.Testing;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>
/// A person takes a permission back at one replica, while an app follows on many streams at two. The time runs from the call
/// until the last stream was told that it is over.
/// </summary>
internal static class P14Silence
{
    private const int Rounds = 20;

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Address is not null)
        {
            bench.Skip("P14", "its tokens are of apps, and it takes that of a person.");
            return;
        }
        if (bench.Options.Engine != Engine.Postgres)
        {
            bench.Skip("P14", "only PostgreSQL has replicas (--engine postgres).");
            return;
        }
        var (rounds, shape) = bench.Options.IsQuick ? (2, new Shape(2, 25)) : (Rounds, new Shape(10, 100));
        await using var vibe = await VibeSubject.StartAsync(bench.Options.Engine, 1 + rounds * bench.Options.Runs);
        Uri[] replicas = [vibe.Address, await vibe.AddReplicaAsync()];
        bench.Say("P14: warming up");
        await SilenceAsync(bench, vibe, replicas, shape);
        await bench.MeasureAsync(
            "P14",
            $"{shape.InFlight:n0} streams, {rounds} rounds",
            Audience.Driver,
            async () =>
            {
                var lasts = new Latencies();
                for (var round = 0; round < rounds; round++)
                    lasts.Add(await SilenceAsync(bench, vibe, replicas, shape));
                return Sample.Of(lasts, vibe.Usage());
            },
            theirs: null
        );
    }

    private static async Task<TimeSpan> SilenceAsync(Bench bench, VibeSubject vibe, Uri[] replicas, Shape shape)
    {
        var (place, revocation) = vibe.NewRevocablePlace();
        await using var audience = await Audience.ConnectAsync(
            replicas,
            shape,
            [place.Watch(0)],
            bench.Cancellation,
            mayEnd: true
        );
        await using var owner = await RawConnection.OpenAsync(vibe.Address, bench.Cancellation);
        audience.Follow();
        await audience.WaitAsync(audience.Complete, bench.Cancellation);
        var revoked = new RawCall();
        var called = Stopwatch.GetTimestamp();
        owner.Call(revocation, revoked);
        await audience.WaitAsync(audience.Ended, revoked.Answered, bench.Cancellation);
        return Stopwatch.GetElapsedTime(called, audience.Followers.Max(follower => follower.EndedAt!.Value));
    }
}
