using Vibe.Load.Generators;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>Reading one document of 1 KiB, over and over.</summary>
internal static class P1Get
{
    public static Task RunAsync(Bench bench) =>
        bench.WithBothAsync(
            places: 1,
            async (vibe, twin) =>
            {
                var calls = new Dictionary<Subject, Call>();
                foreach (var (subject, place) in new[] { (vibe, vibe.NewPlace()), (twin, twin.NewPlace()) })
                    calls[subject] = place.Get(await place.StoreAsync(bench.Cancellation));
                foreach (var shape in Shape.BusiestFirst)
                    await bench.MeasureAsync(
                        "P1",
                        $"{shape.InFlight} in flight",
                        bench.Repeating.Name,
                        (vibe, twin),
                        async (subject, length) =>
                        {
                            var call = calls[subject];
                            var answer = await call.SendAsync(
                                subject.Channel.CreateCallInvoker(),
                                call.Copy(),
                                bench.Cancellation
                            );
                            return await Bench.RunAsync(
                                subject,
                                documentsEach: 1,
                                () =>
                                    bench.Repeating.RunAsync(
                                        subject.Address,
                                        [call],
                                        shape,
                                        length,
                                        bench.Cancellation
                                    ),
                                outcome =>
                                {
                                    Bench.Expect("bytes of answers", outcome.Sent * answer, outcome.AnswerBytes);
                                    return Task.CompletedTask;
                                }
                            );
                        }
                    );
            }
        );
}
