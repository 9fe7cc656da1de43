using System.Diagnostics;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// Revokes while eight writers write. Every document says how many revocations had returned when its write began, so a
/// stream of the k-th grant that receives one with k or more was told of something written after its end.
/// </summary>
internal static class Revocations
{
    private const int Writers = 8;

    public static async Task RunAsync(Run run)
    {
        var rounds = run.Count ?? 100;
        await using var server = await VibeServer.StartAsync(run.Engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("reader", new Allow("load", [Operation.Read], "*"));
        var returned = 0;
        var written = 0;
        using var stop = new CancellationTokenSource();
        var writing = Task.WhenAll(
            Enumerable
                .Range(0, Writers)
                .Select(async writer =>
                {
                    for (var n = 0; !stop.IsCancellationRequested; n++)
                    {
                        var canary = Volatile.Read(ref returned);
                        await alice.Own.PutAsync($"d{writer}-{n % 50}", $$"""{"canary":{{canary}},"n":{{n}}}""");
                        Interlocked.Increment(ref written);
                    }
                })
        );
        var fromCall = new List<TimeSpan>();
        var fromReturn = new List<TimeSpan>();
        var (received, canaries) = (0, 0);
        for (var round = 1; round <= rounds; round++)
        {
            var (mine, ended) = (round, 0L);
            var tail = await Tail.StartAsync(
                app.Actor.Sync,
                Documents.Collection,
                page =>
                {
                    foreach (var change in page.Changes)
                    {
                        using var body = JsonDocument.Parse(change.Put.Json.Memory);
                        var canary = body.RootElement.GetProperty("canary").GetInt32();
                        received++;
                        if (canary >= mine)
                            canaries++;
                        run.Expect(canary < mine, $"round {mine} received a canary of {canary}");
                    }
                }
            );
            var end = tail.Ended.ContinueWith(_ => ended = Stopwatch.GetTimestamp(), TaskScheduler.Default);
            await Task.Delay(run.Random.Next(120));
            var called = Stopwatch.GetTimestamp();
            await app.RevokeAsync();
            var done = Stopwatch.GetTimestamp();
            Volatile.Write(ref returned, round);
            await end.WaitAsync(TimeSpan.FromSeconds(10));
            run.Expect(
                tail.End?.GetDetail<ErrorInfo>()?.Reason == "GRANT_REVOKED",
                $"round {round} ended with {tail.End}"
            );
            fromCall.Add(Stopwatch.GetElapsedTime(called, ended));
            fromReturn.Add(Stopwatch.GetElapsedTime(done, ended));
            var refused = await Refused.Async(() =>
                app.Actor.Documents.ListDocumentsAsync(new() { Parent = Documents.Collection }).ResponseAsync
            );
            run.Expect(
                refused.Reason() == "GRANT_REVOKED",
                $"round {round}: a call was answered with {refused.Status}"
            );
            await tail.DisposeAsync();
            app = await alice.AllowAsync(app.App, new Allow("load", [Operation.Read], "*"));
        }
        await stop.CancelAsync();
        await writing;
        Console.WriteLine($"{rounds} revocations, {written} writes, {received} changes received, {canaries} canaries");
        Run.PrintTimes("revoke called to end of stream", fromCall);
        Run.PrintTimes("revoke returned to end of stream", fromReturn);
    }
}
