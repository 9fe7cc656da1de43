using System.Diagnostics;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>Clients that know nothing yet, until each has everything.</summary>
internal static class P4CatchUp
{
    private static readonly Shape[] Clients = [new(1, 1), new(8, 1)];

    public static Task RunAsync(Bench bench) =>
        bench.WithBothAsync(
            places: 1,
            async (vibe, twin) =>
            {
                var documents = bench.Options.IsQuick ? 2000 : 100_000;
                var places = new Dictionary<Subject, Place> { [vibe] = vibe.NewPlace(), [twin] = twin.NewPlace() };
                var counts = new Dictionary<Subject, long>();
                foreach (var (subject, place) in places)
                {
                    bench.Say($"P4: creating {documents:n0} documents");
                    await place.FillAsync(subject.Channel, documents, bench.Cancellation);
                    counts[subject] = await place.CountAsync(bench.Cancellation);
                }
                foreach (var (view, name) in new[] { (0, "whole"), (1, "masked") })
                foreach (var shape in Clients)
                {
                    var what = $"{shape.InFlight} at once, {name}";
                    if (view > 0 && vibe is RunningSubject)
                        bench.Skip($"P4 {what}", "a server that runs already has no app with a mask.");
                    else
                        await bench.MeasureAsync(
                            "P4",
                            what,
                            Audience.Driver,
                            (vibe, twin),
                            (subject, length) =>
                                RunAsync(bench, subject, places[subject].CatchUp(view), shape, counts[subject], length)
                        );
                }
            },
            Masks.One
        );

    private static async Task<Sample> RunAsync(
        Bench bench,
        Subject subject,
        Following following,
        Shape shape,
        long documents,
        TimeSpan length
    )
    {
        var (latencies, elapsed, received, bytes) = (new Latencies(), TimeSpan.Zero, 0L, 0L);
        return await Bench.RunAsync(
            subject,
            documentsEach: 1,
            async () =>
            {
                do
                {
                    await using var audience = await Audience.ConnectAsync(
                        [subject.Address],
                        shape,
                        [following],
                        bench.Cancellation
                    );
                    var began = audience.Follow();
                    var ended = await audience.WaitAsync(audience.Complete, bench.Cancellation);
                    elapsed += Stopwatch.GetElapsedTime(began, ended);
                    foreach (var follower in audience.Followers)
                    {
                        Bench.Expect("documents that a client has received", documents, follower.Documents);
                        latencies.Add(began, follower.CompleteAt!.Value);
                    }
                    received += audience.Documents;
                    bytes += audience.Followers.Sum(follower => follower.Bytes);
                } while (elapsed < length);
                return new Outcome(received, received, elapsed, latencies, bytes);
            },
            _ => Task.CompletedTask
        );
    }
}
