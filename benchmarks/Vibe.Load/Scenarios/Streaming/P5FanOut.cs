using System.Diagnostics;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>One write after the other, each of which everybody has before the next begins.</summary>
internal static class P5FanOut
{
    private static readonly Shape[] Full = [new(1, 1), new(10, 10), new(10, 100), new(100, 100)];
    private static readonly Shape[] Quick = [new(1, 1), new(10, 10)];

    public static Task RunAsync(Bench bench)
    {
        var shapes = bench.Options.IsQuick ? Quick : Full;
        return bench.WithBothAsync(
            places: (shapes.Length * 2 - 1) * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                foreach (var views in new[] { 1, Masks.Ten.Length })
                foreach (var shape in shapes.Where(shape => shape.InFlight >= views))
                {
                    var what = $"{shape.InFlight:n0} followers, {(views == 1 ? "whole" : $"{views} masks")}";
                    if (views > 1 && vibe is RunningSubject)
                        bench.Skip($"P5 {what}", "a server that runs already has no apps with masks.");
                    else if (!Descriptors.Suffice(shape.Connections))
                        bench.Skip($"P5 {what}", Descriptors.Reason);
                    else
                        await MeasureAsync(bench, (vibe, twin), what, shape, views);
                }
            },
            Masks.Ten
        );
    }

    private static Task MeasureAsync(
        Bench bench,
        (Subject Vibe, Subject Twin) sides,
        string what,
        Shape shape,
        int views
    )
    {
        // The twin sends as much as Vibe did, which comes first.
        var messageBytes = 0;
        return bench.MeasureAsync(
            "P5",
            what,
            Audience.Driver,
            sides,
            async (subject, length) =>
            {
                var place = subject.NewPlace();
                var following = views == 1 ? [place.Watch(0)] : Masked(place, views);
                var round = new Round(shape.InFlight);
                await using var audience = await Audience.ConnectAsync(
                    [subject.Address],
                    shape,
                    following,
                    bench.Cancellation,
                    round.Arrived
                );
                await using var writer = await RawConnection.OpenAsync(subject.Address, bench.Cancellation);
                audience.Follow();
                await audience.WaitAsync(audience.Complete, bench.Cancellation);
                var before = (audience.Documents, audience.Bytes);
                var sample = await Bench.RunAsync(
                    subject,
                    documentsEach: 1,
                    () => round.RunAsync(audience, writer, place.CreateFor(messageBytes), length, bench.Cancellation),
                    outcome =>
                    {
                        Bench.Expect("deliveries", outcome.Sent, audience.Documents - before.Documents);
                        return Task.CompletedTask;
                    }
                );
                if (subject == sides.Vibe)
                    messageBytes = (int)((audience.Bytes - before.Bytes) / (audience.Documents - before.Documents));
                return sample;
            }
        );
    }

    private static Following[] Masked(Place place, int views) => [.. Enumerable.Range(1, views).Select(place.Watch)];

    /// <summary>Writes again and again, and takes the time from each write to each delivery.</summary>
    private sealed class Round(int followers)
    {
        private const int MostRounds = 100_000;

        private readonly Latencies _latencies = new();
        private volatile Countdown? _deliveries;
        private long _began;

        public void Arrived(int documents, long at)
        {
            // What was there before comes first.
            if (_deliveries is not { } deliveries)
                return;
            for (var document = 0; document < documents; document++)
                _latencies.Add(Volatile.Read(ref _began), at);
            deliveries.Signal(at, documents);
        }

        public async Task<Outcome> RunAsync(
            Audience audience,
            RawConnection writer,
            Call create,
            TimeSpan length,
            CancellationToken cancellation
        )
        {
            var clock = Stopwatch.StartNew();
            var rounds = 0;
            do
            {
                var (written, deliveries) = (new RawCall(), new Countdown(followers));
                _deliveries = deliveries;
                Volatile.Write(ref _began, Stopwatch.GetTimestamp());
                writer.Call(create, written);
                await audience.WaitAsync(deliveries, written.Answered, cancellation);
                rounds++;
            } while (clock.Elapsed < length && rounds < MostRounds);
            var delivered = (long)rounds * followers;
            return new Outcome(delivered, delivered, clock.Elapsed, _latencies, audience.Bytes);
        }
    }
}
