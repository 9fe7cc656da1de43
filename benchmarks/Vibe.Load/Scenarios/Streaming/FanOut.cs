using System.Diagnostics;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>Measures what it takes to bring one write after the other to all who follow.</summary>
internal static class FanOut
{
    /// <summary>How so many followers are connected.</summary>
    public static Shape ShapeOf(int followers) =>
        followers switch
        {
            < 100 => new(1, followers),
            < 10_000 => new(10, followers / 10),
            _ => new(100, followers / 100),
        };

    /// <summary>Measures it on both sides, where so many can be connected.</summary>
    public static Task MeasureAsync(
        Bench bench,
        (Subject Vibe, Subject Twin) sides,
        string workload,
        string name,
        Shape shape,
        int views,
        int? size = null
    )
    {
        if (!Descriptors.Suffice(shape.Connections))
        {
            bench.Skip(Row.TitleOf(workload, name, size), Descriptors.Reason);
            return Task.CompletedTask;
        }
        // The twin sends as much as Vibe did, which comes first.
        var messageBytes = 0;
        return bench.MeasureAsync(
            workload,
            name,
            Audience.Driver,
            sides,
            async (subject, length) =>
            {
                var (sample, bytes) = await RunAsync(bench, subject, shape, views, messageBytes, length);
                if (subject == sides.Vibe)
                    messageBytes = bytes;
                return sample;
            },
            size
        );
    }

    /// <summary>Does it once on one side.</summary>
    /// <returns>What was measured, and how long a message to a follower was.</returns>
    public static async Task<(Sample Sample, int MessageBytes)> RunAsync(
        Bench bench,
        Subject subject,
        Shape shape,
        int views,
        int messageBytes,
        TimeSpan length
    )
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
        return (sample, (int)((audience.Bytes - before.Bytes) / (audience.Documents - before.Documents)));
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
