using System.Diagnostics;
using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>Now and then a write, on a system that does nothing else, until its one follower has it.</summary>
internal static class P6Echo
{
    private const double PerSecond = 50;

    public static Task RunAsync(Bench bench) =>
        bench.WithBothAsync(
            places: 2 * bench.RunsOfCase,
            async (vibe, twin) =>
            {
                // At its pace neither would be compiled for good before the figures are taken.
                // The twin sends as much as Vibe did, which comes first.
                var messageBytes = 0;
                foreach (var side in new[] { vibe, twin })
                    await bench.WarmUpAsync(
                        side,
                        async length =>
                        {
                            (var sample, messageBytes) = await FanOut.RunAsync(
                                bench,
                                side,
                                Shape.One,
                                1,
                                messageBytes,
                                length
                            );
                            return sample;
                        }
                    );
                await bench.MeasureAsync(
                    "P6",
                    $"{PerSecond} writes a second",
                    Audience.Driver,
                    (vibe, twin),
                    async (subject, length) =>
                    {
                        var place = subject.NewPlace();
                        var echoes = new Echoes(Pace.Of(PerSecond, length));
                        await using var audience = await Audience.ConnectAsync(
                            [subject.Address],
                            Shape.One,
                            [place.Watch(0)],
                            bench.Cancellation,
                            echoes.Arrived
                        );
                        await using var writer = await RawConnection.OpenAsync(subject.Address, bench.Cancellation);
                        audience.Follow();
                        await audience.WaitAsync(audience.Complete, bench.Cancellation);
                        var before = (audience.Documents, audience.Bytes);
                        var sample = await Bench.RunAsync(
                            subject,
                            documentsEach: 1,
                            () => echoes.RunAsync(audience, writer, place.CreateFor(messageBytes), bench.Cancellation),
                            outcome =>
                            {
                                Bench.Expect("deliveries", outcome.Sent, audience.Documents - before.Documents);
                                return Task.CompletedTask;
                            }
                        );
                        if (subject == vibe)
                            messageBytes = (int)(
                                (audience.Bytes - before.Bytes) / (audience.Documents - before.Documents)
                            );
                        return sample;
                    }
                );
            }
        );

    /// <summary>Writes at a pace, and takes the time from the moment at which each write was due to its delivery.</summary>
    private sealed class Echoes(Pace pace)
    {
        private readonly Latencies _latencies = new();
        private readonly Countdown _deliveries = new(pace.Times);
        private long[] _due = [];
        private int _arrived;

        // One space delivers in the order in which it was written to. Should two writes that were due one after the other
        // be written the other way round, then each is taken for the other, and the sum stays the same.
        public void Arrived(int documents, long at)
        {
            // What was there before comes first.
            if (_due.Length == 0)
                return;
            for (var document = 0; document < documents && _arrived < _due.Length; document++)
                _latencies.Add(_due[_arrived++], at);
            _deliveries.Signal(at, documents);
        }

        public async Task<Outcome> RunAsync(
            Audience audience,
            RawConnection writer,
            Call create,
            CancellationToken cancellation
        )
        {
            var written = new List<RawCall>(pace.Times);
            var clock = Stopwatch.StartNew();
            _due = pace.Moments();
            await Pace.RunAsync(
                _due,
                () =>
                {
                    written.Add(new RawCall());
                    writer.Call(create, written[^1]);
                },
                cancellation
            );
            await audience.WaitAsync(_deliveries, Task.WhenAll(written.Select(call => call.Answered)), cancellation);
            return new Outcome(pace.Times, pace.Times, clock.Elapsed, _latencies, audience.Bytes);
        }
    }
}
