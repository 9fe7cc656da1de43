using System.Diagnostics;
using Vibe.Stress;

namespace Vibe.Cli.Tests.Gateways;

/// <summary>
/// Two servers behind a gateway are restarted one after the other while people call and follow by the client of C#. The same
/// at a pace, for longer and with more streams: <c>dotnet run --project tests/Vibe.Stress -- rolling --engine postgres</c>.
/// </summary>
public sealed class RollingRestartTests
{
    private const int Streams = 20;
    private const int Callers = 4;
    private const int Some = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_and_streams_go_on_while_each_server_is_stopped_or_killed_and_starts_again(bool isKilled)
    {
        await using var servers = await ReplicaPair.StartAsync(Streams);
        await using var crowd = await Crowd.GatherAsync(servers, Streams);
        using var done = new SemaphoreSlim(0);
        using var over = new CancellationTokenSource();
        var calls = -1;
        var calling = Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)).ToList();

        for (var replica = 0; replica < servers.Count; replica++)
        {
            await SomeAsync();
            if (isKilled)
                await servers.KillAsync(replica);
            else
                Assert.Equal(0, await servers.StopAsync(replica));
            await SomeAsync();
            await servers.StartAgainAsync(replica);
        }
        await SomeAsync();
        await over.CancelAsync();
        await Task.WhenAll(calling);

        Assert.Empty(crowd.Failures);
        Assert.Equal(0, await crowd.MissingAsync());
        Assert.Equal((0, 0), (crowd.Twice, crowd.Resets));
        Assert.Equal(crowd.Writes, await crowd.FoundAsync());
        // Whoever is on neither server has seen nothing; all of them were on one of the two.
        Assert.True(crowd.Log.Resumed.Values.Sum() >= Streams, "Streams were not cut: nothing was tried.");

        async Task CallAsync()
        {
            while (!over.IsCancellationRequested)
            {
                await crowd.CallAsync(Interlocked.Increment(ref calls), Stopwatch.GetTimestamp());
                done.Release();
            }
        }

        async Task SomeAsync()
        {
            while (await done.WaitAsync(0)) { }
            for (var count = 0; count < Some; count++)
                Assert.True(await done.WaitAsync(Patience), "Calls do not end.");
        }
    }
}
