using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>Many followers of a place where nothing happens; each run has servers of its own, for memory does not shrink.</summary>
internal static class P7Idle
{
    // Each stream has its heartbeat in the meantime.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(20);

    // Opening so many leaves work behind, and what the first heartbeats run is compiled then; neither comes again.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(25);

    private static readonly Shape BeforeItCounts = new(10, 10);

    public static async Task RunAsync(Bench bench)
    {
        var shape = bench.Options.IsQuick ? new Shape(10, 20) : new Shape(100, 100);
        var what = $"{shape.InFlight:n0} followers";
        if (bench.Options.Address is not null)
            bench.Skip("P7", "the memory of a server that runs already cannot be seen.");
        else if (!Descriptors.Suffice(shape.Connections))
            bench.Skip($"P7 {what}", Descriptors.Reason);
        else
            await bench.MeasureAsync(
                "P7",
                what,
                Audience.Driver,
                async () =>
                {
                    await using var vibe = await VibeSubject.StartAsync(bench.Options.Engine, places: 1);
                    return await RunAsync(bench, vibe, shape);
                },
                async () =>
                {
                    await using var twin = await TwinSubject.StartAsync(bench.Options.Engine);
                    return await RunAsync(bench, twin, shape);
                }
            );
    }

    private static async Task<Sample> RunAsync(Bench bench, Subject subject, Shape shape)
    {
        var following = subject.NewPlace().Watch(0);
        await using (await FollowAsync(BeforeItCounts))
            bench.Say($"P7: {shape.InFlight:n0} streams");
        var before = subject.Usage()!;
        await using var audience = await FollowAsync(shape);
        var (settled, idle) = bench.Options.IsQuick
            ? (bench.Options.Length, bench.Options.Length)
            : (Settled, LongEnough);
        await Task.Delay(settled, bench.Cancellation);
        var open = subject.Usage()!;
        await Task.Delay(idle, bench.Cancellation);
        var after = subject.Usage()!;
        Bench.Expect("streams that are open", shape.InFlight, audience.Open);
        return new Sample
        {
            MemoryEach = (after.Memory - before.Memory) / 1024.0 / shape.InFlight,
            IdleCpu = (after.Cpu - open.Cpu) / idle * 100,
            Memory = Usage.Mebibytes(after.Memory),
            DatabaseMemory = Usage.Mebibytes(after.DatabaseMemory),
        };

        async Task<Audience> FollowAsync(Shape shape)
        {
            var audience = await Audience.ConnectAsync([subject.Address], shape, [following], bench.Cancellation);
            try
            {
                audience.Follow();
                await audience.WaitAsync(audience.Complete, bench.Cancellation);
                return audience;
            }
            catch
            {
                await audience.DisposeAsync();
                throw;
            }
        }
    }
}
