using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Cases.Runners;
using Vibe.Cases.Scenarios;
using Vibe.Cases.Worlds;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Cases.Trials;

/// <summary>
/// How long it takes from the call that revokes a grant to the end of an app's feed, while the owner goes on writing; and that
/// of what was written after the answer to that call nothing passes to the app's client, and nothing is shown to its program.
/// </summary>
internal sealed class RevocationTrial(Runner runner, LiveServers servers, string? fault)
{
    private const string Surroundings = """
        {"about":"a grant that ends","kind":"live",
         "apps":{"notes":{"allow":[{"collection":"movies","operations":["read"],"fields":["*"]}]}},
         "clients":{"notes":{"as":"alice","app":"notes"}},
         "steps":[{"env":"revoke","app":"notes"}]}
        """;

    private const string Collection = "spaces/me/collections/movies";

    // What the ids of documents begin with, by when they are written.
    private const string Before = "before-";
    private const string During = "during-";
    private const string After = "after-";

    private const int FewDocuments = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Scenario Scenario = Scenario.Read("trial", Surroundings);

    private readonly List<double> _spans = [];
    private int _written;
    private int _passed;
    private int _shown;
    private int _underWay;

    /// <summary>What came of it, in a sentence.</summary>
    public string Summary
    {
        get
        {
            var spans = _spans.Order().ToList();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{runner.Kind}: p50 {At(spans, 0.5):0.0} ms, p99 {At(spans, 0.99):0.0} ms, {spans.Count} times; "
                    + $"of {_written} documents that were written after the revocation {_passed} passed and {_shown} were "
                    + $"shown; {_underWay} pages of earlier ones were under way"
            );
        }
    }

    /// <summary>Runs the trial.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    public async Task<string?> RunAsync(int times)
    {
        for (var time = 0; time < times; time++)
            if (await OnceAsync() is { } wrong)
                return $"{runner.Kind}: {wrong}";
        return _passed + _shown == 0 ? null : Summary;
    }

    private async Task<string?> OnceAsync()
    {
        await using var world = await LiveWorld.StartAsync(Scenario, servers, fault, new Names());
        world.Record();
        var owner = world.At("alice");
        using var ownersView = owner.Sync.Subscribe(
            new SubscribeRequest { Scope = new Scope { Collection = Collection } }
        );
        await OpenAsync(world);
        var shown = new List<string>();
        if (await FollowAsync(owner, shown) is { } blind)
            return blind;

        var revoked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ending = EndAsync(shown);
        var writing = WriteOnAsync(owner, revoked.Task);
        var began = Stopwatch.GetTimestamp();
        await world.DoAsync(Scenario.Steps[0], new JsonObject { ["app"] = "notes" }, new Names());
        var acknowledged = Stopwatch.GetTimestamp();
        revoked.SetResult();
        var (last, ended) = await ending.WaitAsync(Patience);
        _spans.Add(Stopwatch.GetElapsedTime(began, ended).TotalMilliseconds);
        if (!IsRevoked(last))
            return $"{last.ToJsonString()} came and not the end";
        await writing;

        await WriteAsync(owner, $"{After}last");
        await SeesAsync(ownersView.ResponseStream, $"{After}last");
        shown.AddRange(Changes(await AskAsync(Next("f"))));
        var again = await SubscribeAsync("g");
        shown.AddRange(Changes(again));
        if (!IsRevoked(again))
            return $"{again.ToJsonString()} came where a feed was opened after the end";
        await DoAsync(new JsonObject { ["do"] = "leave", ["feed"] = "f" });
        await DoAsync(new JsonObject { ["do"] = "leave", ["feed"] = "g" });
        await DoAsync(new JsonObject { ["do"] = "close", ["client"] = "notes" });

        if (!world.Heard(Before).Any())
            return "nothing was heard on the line, where changes passed";
        _passed += world.Heard(After).Count();
        _shown += shown.Count(id => id.StartsWith(After, StringComparison.Ordinal));
        // Sent before, and heard a moment later: how many depends on how busy the machine is, so they are told and not judged.
        _underWay += world.Heard(During).Where(passed => passed > acknowledged).Distinct().Count();
        return null;
    }

    private Task OpenAsync(LiveWorld world) =>
        DoAsync(
            new JsonObject
            {
                ["do"] = "open",
                ["client"] = "notes",
                ["address"] = world.Grpc.GetLeftPart(UriPartial.Authority),
                ["web"] = world.Web.GetLeftPart(UriPartial.Authority),
                ["tokens"] = world.Tokens("notes", Scenario.Clients["notes"]!.AsObject()),
            }
        );

    /// <summary>Follows until what the owner writes is shown: a feed that shows nothing would prove nothing.</summary>
    private async Task<string?> FollowAsync(Actor owner, List<string> shown)
    {
        shown.AddRange(Changes(await SubscribeAsync("f")));
        for (var number = 0; number < FewDocuments; number++)
            await WriteAsync(owner, $"{Before}{number}");
        while (shown.Distinct().Count() < FewDocuments)
        {
            var answer = await AskAsync(Next("f"));
            if (answer["ok"] is null)
                return $"{answer.ToJsonString()} came and not what was written";
            shown.AddRange(Changes(answer));
        }
        return null;
    }

    /// <summary>Opens a feed, and gives the first that comes of it.</summary>
    private async Task<JsonObject> SubscribeAsync(string feed)
    {
        await DoAsync(
            new JsonObject
            {
                ["do"] = "subscribe",
                ["client"] = "notes",
                ["space"] = "me",
                ["collection"] = "movies",
                ["feed"] = feed,
            }
        );
        return await AskAsync(Next(feed));
    }

    /// <summary>Takes what the feed shows until it ends, and gives its last answer and when that came.</summary>
    private async Task<(JsonObject Last, long Ended)> EndAsync(List<string> shown)
    {
        while (true)
        {
            var answer = await runner.Ask(Next("f")).Answer;
            if (answer["ok"] is null)
                return (answer, Stopwatch.GetTimestamp());
            shown.AddRange(Changes(answer));
        }
    }

    /// <summary>Writes while the grant ends, and some more documents once that is acknowledged.</summary>
    private async Task WriteOnAsync(Actor owner, Task revoked)
    {
        var number = 0;
        for (; !revoked.IsCompleted; number++)
            await WriteAsync(owner, $"{During}{number}");
        for (var more = 0; more < FewDocuments; more++)
            await WriteAsync(owner, $"{After}{more}");
    }

    private async Task WriteAsync(Actor owner, string id)
    {
        await owner.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Collection,
                DocumentId = id,
                Document = new Document { Json = ByteString.CopyFromUtf8("{}") },
            }
        );
        if (id.StartsWith(After, StringComparison.Ordinal))
            _written++;
    }

    /// <summary>Waits until the owner, who may see everything, was told of a document: the server has gone through it.</summary>
    private static async Task SeesAsync(IAsyncStreamReader<SubscribeResponse> view, string id)
    {
        while (await view.MoveNext(CancellationToken.None).WaitAsync(Patience))
            if (view.Current.Page is { } page && page.Changes.Any(change => change.DocumentId == id))
                return;
        throw new RunnerException("The owner's own stream ended.");
    }

    private Task<JsonObject> AskAsync(JsonObject request) => runner.Ask(request).Answer.WaitAsync(Patience);

    private Task DoAsync(JsonObject request) => Followers.DoAsync(runner, request);

    private static JsonObject Next(string feed) => new() { ["do"] = "next", ["feed"] = feed };

    private static IEnumerable<string> Changes(JsonObject answer) =>
        answer["ok"]?["page"]?["changes"]?.AsArray().Select(change => change!["id"]!.GetValue<string>()) ?? [];

    private static bool IsRevoked(JsonObject answer) =>
        answer["error"]?["reason"]?.GetValue<string>() == "GRANT_REVOKED";

    private static double At(List<double> sorted, double share) =>
        sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(share * sorted.Count) - 1)];
}
