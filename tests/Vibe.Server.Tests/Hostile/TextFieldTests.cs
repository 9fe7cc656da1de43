using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Server.Tests.Door;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>
/// Every place for text in every request of every method, filled with what others collected to break servers, through
/// each protocol, from the owner and from an app: each answer is a success or a refusal with a reason of the contract,
/// and what was refused changed nothing. The places take turns with the texts; with <c>VIBE_HOSTILE=all</c> every text
/// meets every place from the owner over gRPC on SQLite.
/// </summary>
public sealed class TextFieldTests(ITestOutputHelper output)
{
    // Each answer is the same on both engines; what differs between them is how they take text.
    private static int PayloadsPerField(Engine engine) => engine == Engine.Sqlite ? 8 : 2;

    private static readonly bool IsWhole = Environment.GetEnvironmentVariable("VIBE_HOSTILE") == "all";

    // Of each of the rows at once; together they stay on one connection.
    private const int InFlight = 24;

    private static int _fresh;

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Hostile_text_in_any_field_is_taken_or_refused_with_a_reason(Engine engine)
    {
        var payloads = Payloads.All();
        var tally = new Tally();
        await using var server = await VibeServer.StartAsync(engine);
        using var wire = new Wire(server);
        await Parallel.ForEachAsync(
            AccessTable.Rows.Select((row, index) => (row, index)),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (item, _) =>
            {
                // Each row begins elsewhere, so that runs are alike however the rows are interleaved.
                var next = item.index * payloads.Count / AccessTable.Rows.Count;
                IEnumerable<string> Some() =>
                    Enumerable.Range(0, PayloadsPerField(engine)).Select(_ => payloads[next++ % payloads.Count]);
                await new Run(
                    server,
                    wire,
                    tally,
                    item.row,
                    (protocol, isOwner) =>
                        IsWhole && engine == Engine.Sqlite && protocol == Protocol.Grpc && isOwner
                            ? payloads
                            : [.. Some()]
                ).AllAsync();
            }
        );
        await Remains.NothingOpenAsync(server);
        foreach (var error in server.Errors)
            tally.Blame("log", "", "", error);
        tally.Report(output);
    }

    private sealed class Run(
        VibeServer server,
        Wire wire,
        Tally tally,
        Row row,
        Func<Protocol, bool, IReadOnlyList<string>> payloads
    )
    {
        public async Task AllAsync()
        {
            var alice = await server.PersonAsync("alice");
            var app = await alice.AppAsync(
                $"mad-{Interlocked.Increment(ref _fresh)}",
                new Allow("movies", [Operation.Read, Operation.Create, Operation.Update], "*"),
                new Allow("movies", [Operation.Delete, Operation.Share])
            );
            await alice.Own.CreateAsync(alice.Collection("kept"), "kept", """{"a":"b"}""");
            var kept = await alice.Own.GetAsync(alice.Document("kept", "kept"));
            var sample = row.Request(await ThingsAsync(alice));
            foreach (var field in TextField.Of(sample))
            foreach (var protocol in Enum.GetValues<Protocol>())
            {
                if (protocol == Protocol.Rest && !Rest.Has(row.Method))
                    continue;
                if (protocol != Protocol.Grpc && row.Method.IsClientStreaming)
                    continue;
                var things = await ThingsAsync(alice);
                foreach (var actor in new[] { alice.Own, app.Actor })
                {
                    var door = $"{protocol} {(actor == app.Actor ? "app" : "owner")}";
                    var (head, keys) = await KeptAsync(alice);
                    var taken = 0;
                    await Parallel.ForEachAsync(
                        payloads(protocol, actor == alice.Own),
                        new ParallelOptions { MaxDegreeOfParallelism = InFlight },
                        async (text, _) =>
                        {
                            var fresh = things with { Fresh = $"fresh-{Interlocked.Increment(ref _fresh)}" };
                            var request = field.Put(row.Request(fresh), text);
                            var answer = await CallAsync(protocol, actor, request, field, text);
                            if (answer.IsOk)
                                Interlocked.Increment(ref taken);
                            tally.Count(
                                row.Method.Name,
                                door,
                                answer,
                                field.Path,
                                answer.Flaw(text) is { } flaw ? $"{flaw} [{Short(text)}]" : null
                            );
                        }
                    );
                    var after = await KeptAsync(alice);
                    var (moved, remembered) = (after.Head - head, after.Keys - keys);
                    if (moved < 0 || moved > taken || remembered > taken)
                        tally.Blame(
                            row.Method.Name,
                            door,
                            field.Path,
                            $"{moved} changes, {remembered} keys by {taken} successes"
                        );
                }
            }
            if (!kept.Equals(await alice.Own.GetAsync(alice.Document("kept", "kept"))))
                tally.Blame(row.Method.Name, "", "", "a document that was not named changed");
        }

        private async Task<Answer> CallAsync(
            Protocol protocol,
            Actor actor,
            IMessage request,
            TextField field,
            string text
        ) => await wire.CallAsync(protocol, actor.Token, row.Method, request, field.Path.EndsWith(']') ? text : null);

        private static string Short(string text) => text.Length <= 60 ? text : $"{text[..60]}… ({text.Length})";

        private async Task<(long Head, long Keys)> KeptAsync(Person person)
        {
            await using var session = await server.Services.GetRequiredService<Database>().ReadAsync(default);
            var space = new SpaceName(person.Id);
            var head = (await SpaceState.ReadAsync(session, space, default))?.Head ?? 0;
            var keys = await session.FirstAsync(
                "SELECT count(*) FROM idempotency_keys WHERE space = @space",
                reader => reader.GetInt64(0),
                [("@space", person.Id)],
                default
            );
            return (head, keys);
        }

        private static async Task<Things> ThingsAsync(Person person)
        {
            var number = Interlocked.Increment(ref _fresh);
            var granted = await person.AppAsync($"granted-{number}", new Allow("movies", [Operation.Read], "*"));
            var fresh = await person.Own.Apps.CreateAppAsync(
                new CreateAppRequest { AppId = $"fresh-{number}", App = granted.App }
            );
            await person.Own.CreateAsync(person.Collection("movies"), $"existing-{number}");
            return new(person.Space, $"existing-{number}", $"fresh-{number}", granted.Grant, granted.App, fresh.App);
        }
    }
}
