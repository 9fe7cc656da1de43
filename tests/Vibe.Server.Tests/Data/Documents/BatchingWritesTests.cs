using Google.Rpc;
using Grpc.Core;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class BatchingWritesTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task Writes_of_every_kind_are_carried_out_as_one_with_a_result_each()
    {
        await Own.BatchAsync("spaces/me", [Creation(Movie("m2"), """{"a":1}"""), Creation(Movie("m3"))]);
        await Own.CreateAsync(Alice.Collection("books"), "m4");
        var made = Change(Movie("m5"), """{"a":1}""");
        made.Update.AllowMissing = true;
        var batch = await Own.BatchAsync(
            "spaces/me",
            [
                Creation("spaces/me/collections/movies/documents/m1", """{"a":1}"""),
                Change(Movie("m2"), """{"b":2}""", "*"),
                Deletion(Movie("m3")),
                Sharing(Alice.Document("books", "m4"), Allowing("did:vibe:bob", Read)),
                made,
                Deletion(Movie("m6"), allowMissing: true),
            ]
        );
        Assert.Equal(
            [Movie("m1"), Movie("m2"), Movie("m3"), Alice.Document("books", "m4"), Movie("m5"), Movie("m6")],
            batch.Results.Select(result => result.Document)
        );
        foreach (var index in new[] { 0, 1, 3, 4 })
        {
            var document = await Own.GetAsync(batch.Results[index].Document, batch.ConsistencyToken);
            Assert.Equal(document.Etag, batch.Results[index].Etag);
            Assert.Equal(document.UpdateTime, batch.Results[index].UpdateTime);
        }
        foreach (var index in new[] { 2, 5 })
        {
            Assert.Empty(batch.Results[index].Etag);
            Assert.Null(batch.Results[index].UpdateTime);
        }
        Assert.Equal("""{"b":2}""", (await Own.GetAsync(Movie("m2"))).Text());
    }

    [Fact]
    public async Task When_one_write_is_refused_none_is_carried_out_and_the_refusal_names_it()
    {
        var created = await Own.CreateAsync(Movies, "m1", """{"Year":1}""");
        var (_, token) = await Own.PullAsync(Movies);
        var stale = Change(Movie("m1"), "{}");
        stale.IfMatch = "x";
        (Write Write, string Reason)[] wrong =
        [
            (Creation(Movie("m1")), "RESOURCE_EXISTS"),
            (Change(Movie("m9"), "{}"), "RESOURCE_NOT_FOUND"),
            (Deletion(Movie("m9")), "RESOURCE_NOT_FOUND"),
            (Sharing(Movie("m9"), null), "RESOURCE_NOT_FOUND"),
            (stale, "ETAG_MISMATCH"),
            (Change(Movie("m1"), """{"Year":{"a":1}}""", "/Year/a"), "MEMBER_NOT_OBJECT"),
        ];
        foreach (var (write, reason) in wrong)
        {
            var refusal = await Vibe.Testing.Refused.Async(() =>
                Own.BatchAsync("spaces/me", [Creation(Movie("a")), Creation(Movie("b")), write, Creation(Movie("c"))])
            );
            Assert.Equal(reason, refusal.Reason());
            Assert.Equal("2", refusal.Metadata()["write"]);
        }
        Assert.Equal([created], await Own.ListAllAsync(Movies));
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
        await Own.CreateAsync(Movies, "a");
    }

    [Fact]
    public async Task A_write_beyond_the_grant_is_refused_by_its_place()
    {
        var app = await AppAsync(new Allow("movies", [Create], "/Title"), new Allow("books", [Read], "*"));
        (Write Write, string Reason)[] wrong =
        [
            (Deletion(Movie("m2")), "NOT_GRANTED"),
            (Change(Movie("m2"), "{}"), "NOT_GRANTED"),
            (Sharing(Movie("m2"), null), "NOT_GRANTED"),
            (Creation(Alice.Document("books", "m2")), "NOT_GRANTED"),
            (Creation(Alice.Document("other", "m2")), "NOT_GRANTED"),
            (Creation(Movie("m2"), """{"Year":1}"""), "FIELD_NOT_GRANTED"),
        ];
        foreach (var (write, reason) in wrong)
        {
            var refusal = await Vibe.Testing.Refused.Async(() =>
                app.Actor.BatchAsync("spaces/me", [Creation(Movie("m1"), """{"Title":1}"""), write])
            );
            Assert.Equal(reason, refusal.Reason());
            Assert.Equal("1", refusal.Metadata()["write"]);
        }
        var result = await app.Actor.BatchAsync("spaces/me", [Creation(Movie("m1"), """{"Title":1}""")]);
        Assert.Equal(new WriteResult { Document = Movie("m1") }, Assert.Single(result.Results));
    }

    [Fact]
    public async Task Where_several_are_malformed_all_are_listed()
    {
        var created = Creation(Movie("m4"));
        created.IfMatch = "x";
        var refusal = await Vibe.Testing.Refused.Async(() =>
            Own.BatchAsync(
                "spaces/me",
                [
                    Creation(Movie("m1")),
                    Creation("spaces/me/collections//documents/m2"),
                    Creation(Movie("m3"), """{"a":1,"a":2}"""),
                    created,
                    new Write { Document = Movie("m5") },
                    new Write { Document = Movie("m6"), Create = new CreateWrite() },
                    Creation(Movie("m1")),
                    Creation("spaces/other/collections/movies/documents/m7"),
                    Change(Movie("m8"), """{"a":1}""", "/b"),
                    Sharing(Movie("m9"), Allowing("bob", Read)),
                ]
            )
        );
        Assert.Equal("1", refusal.Metadata()["write"]);
        Assert.Equal("NAME_INVALID", refusal.Reason());
        var violations = refusal.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations;
        Assert.Equal(
            [
                "writes[1].document",
                "writes[2]",
                "writes[3].if_match",
                "writes[4].action",
                "writes[5].create",
                "writes[6].document",
                "writes[7].document",
                "writes[8]",
                "writes[9].set_acl.acl.allow[0].people",
            ],
            violations.Select(violation => violation.Field)
        );
        Assert.All(violations, violation => Assert.NotEmpty(violation.Description));
        Assert.Empty(await Own.ListAllAsync(Movies));
    }

    [Fact]
    public async Task A_refusal_of_five_hundred_malformed_writes_still_reaches_its_caller()
    {
        var writes = Enumerable.Range(0, 500).Select(n => Creation($"spaces/me/collections/movies/documents/é{n}"));
        Assert.Equal("NAME_INVALID", await ReasonAsync(() => Own.BatchAsync("spaces/me", writes)));
    }

    [Fact]
    public async Task A_document_is_named_once_however_its_space_is_written()
    {
        var refusal = await Vibe.Testing.Refused.Async(() =>
            Own.BatchAsync(
                "spaces/me",
                [Creation(Movie("m1")), Change("spaces/me/collections/movies/documents/m1", "{}")]
            )
        );
        Assert.Equal("FIELD_INVALID", refusal.Reason());
        Assert.Equal("1", refusal.Metadata()["write"]);
    }

    [Fact]
    public async Task A_batch_holds_one_to_five_hundred_writes()
    {
        Assert.Equal("FIELD_INVALID", await ReasonAsync(() => Own.BatchAsync("spaces/me", [])));
        var writes = Enumerable.Range(0, 501).Select(n => Creation(Movie($"m{n}"))).ToList();
        var refusal = await Vibe.Testing.Refused.Async(() => Own.BatchAsync("spaces/me", writes));
        Assert.Equal("TOO_MANY_ITEMS", refusal.Reason());
        Assert.Equal(
            ("writes", "501", "500"),
            (refusal.Metadata()["field"], refusal.Metadata()["actual"], refusal.Metadata()["limit"])
        );
        Assert.Empty(await Own.ListAllAsync(Movies));
        Assert.Equal(500, (await Own.BatchAsync("spaces/me", writes.Take(500))).Results.Count);
        Assert.Equal(500, (await Own.ListAllAsync(Movies, 1000)).Count);
    }

    [Fact]
    public async Task No_reader_sees_half_of_a_batch()
    {
        await Own.BatchAsync("spaces/me", [Creation(Movie("a"), """{"n":0}"""), Creation(Movie("b"), """{"n":0}""")]);
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var n = 1; n <= 40; n++)
                await Own.BatchAsync(
                    "spaces/me",
                    [Change(Movie("a"), $$"""{"n":{{n}}}"""), Change(Movie("b"), $$"""{"n":{{n}}}""")]
                );
            await stop.CancelAsync();
        });
        while (!stop.IsCancellationRequested)
        {
            var page = await Own.ListAsync(Movies);
            Assert.Equal(page.Documents[0].Text(), page.Documents[1].Text());
        }
        await writer;
    }

    [Fact]
    public async Task A_visitor_batches_in_another_persons_space_what_the_lists_allow()
    {
        var bob = await Server.PersonAsync("bob");
        await Own.CreateAsync(Movies, "m1", acl: Allowing(bob, Read, Update));
        await Own.CreateAsync(Movies, "m2", acl: Allowing(bob, Read));
        await bob.Own.BatchAsync(Alice.Space, [Change(Movie("m1"), """{"a":1}""")]);
        var refusal = await Vibe.Testing.Refused.Async(() =>
            bob.Own.BatchAsync(Alice.Space, [Change(Movie("m1"), """{"a":2}"""), Change(Movie("m2"), """{"a":2}""")])
        );
        Assert.Equal(("ACL_DENIED", "1"), (refusal.Reason(), refusal.Metadata()["write"]));
        Assert.Equal("""{"a":1}""", (await Own.GetAsync(Movie("m1"))).Text());
    }

    public sealed class OnSqlite(SqliteServer server) : BatchingWritesTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : BatchingWritesTests(server), IClassFixture<PostgresServer>;
}
