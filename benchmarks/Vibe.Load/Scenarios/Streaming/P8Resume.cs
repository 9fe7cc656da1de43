using Vibe.Load.Followers;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios.Streaming;

/// <summary>
/// Clients that had everything come back all at once when the server does, after one document in a hundred came anew. The
/// time runs from its first answer until the last of them has everything.
/// </summary>
internal static class P8Resume
{
    private const int Hundred = 100;

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Address is not null)
        {
            bench.Skip("P8", "a server that runs already is not to be restarted.");
            return;
        }
        var (documents, shape) = bench.Options.IsQuick ? (1000, new Shape(2, 25)) : (10_000, new Shape(10, 100));
        await using var vibe = await VibeSubject.StartAsync(bench.Options.Engine, bench.RunsOfCase);
        await bench.MeasureAsync(
            "P8",
            $"{shape.InFlight:n0} clients, {documents:n0} documents",
            Audience.Driver,
            () => RunAsync(bench, vibe, documents, shape),
            theirs: null
        );
    }

    private static async Task<Sample> RunAsync(Bench bench, VibeSubject vibe, int documents, Shape shape)
    {
        var place = (VibePlace)vibe.NewPlace();
        bench.Say($"P8: creating {documents:n0} documents");
        await place.FillAsync(vibe.Channel, documents, bench.Cancellation);
        var token = await TokenAsync(bench, vibe, place, documents);
        await place.FillAsync(vibe.Channel, documents / Hundred, bench.Cancellation);
        await vibe.RestartAsync();
        await using var audience = await Audience.ConnectAsync(
            [vibe.Address],
            shape,
            [place.Subscribe(view: 0, token)],
            bench.Cancellation
        );
        var began = audience.Follow();
        await audience.WaitAsync(audience.Complete, bench.Cancellation);
        var moments = new Latencies();
        foreach (var follower in audience.Followers)
        {
            Bench.Expect("documents that came anew", documents / Hundred, follower.Documents);
            moments.Add(began, follower.CompleteAt!.Value);
        }
        return Sample.Of(moments, vibe.Usage());
    }

    // All of them are one app of one person, so what one goes on with is good for all.
    private static async Task<string> TokenAsync(Bench bench, VibeSubject vibe, VibePlace place, int documents)
    {
        await using var one = await Audience.ConnectAsync(
            [vibe.Address],
            Shape.One,
            [place.CatchUp(0)],
            bench.Cancellation
        );
        one.Follow();
        await one.WaitAsync(one.Complete, bench.Cancellation);
        Bench.Expect("documents that a client has received", documents, one.Documents);
        return one.Followers[0].ResumeToken;
    }
}
