using System.Data.Common;
using System.Net;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Vibe.Access.V1;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;

namespace Vibe.Server.Tests.Consent;

/// <summary>Where what a decision rests on cannot be read, the decision is no.</summary>
public sealed class FailingClosedTests
{
    [Theory]
    [InlineData("grants")]
    [InlineData("apps")]
    public async Task While_grants_cannot_be_read_nothing_is_shown_and_nothing_is_written(string table)
    {
        await using var server = await VibeServer.StartAsync(new ServerSetup { ExpectsErrors = true });
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("reader", new Allow("movies", [Operation.Read, Operation.Update], "*"));
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Alien"}""");
        await using var follower = await Follower.CaughtUpAsync(app.Actor, alice.Collection("movies"));

        await ExecuteAsync(server, $"ALTER TABLE {table} RENAME TO lost");
        var name = alice.Document("movies", "m1");
        Func<Task>[] calls =
        [
            () => app.Actor.GetAsync(name),
            () => app.Actor.UpdateAsync(name, """{"Title":"Aliens"}"""),
            () => app.Actor.PullAsync(alice.Collection("movies")),
        ];
        foreach (var call in calls)
        {
            var refused = await Refused.Async(call);
            Assert.Equal((StatusCode.Unavailable, "STORAGE_UNAVAILABLE"), (refused.StatusCode, refused.Reason()));
        }
        using var client = app.Actor.Rest();
        using var answer = await client.GetAsync($"v1/{name}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("STORAGE_UNAVAILABLE", Protocols.ReasonIn(await answer.Content.ReadAsStringAsync()));

        await ExecuteAsync(server, $"ALTER TABLE lost RENAME TO {table}");
        Assert.Equal("""{"Title":"Alien"}""", (await app.Actor.GetAsync(name)).Text());
    }

    [Fact]
    public async Task While_manifests_cannot_be_read_an_app_that_nothing_is_known_of_yet_stays_out()
    {
        await using var server = await VibeServer.StartAsync(new ServerSetup { ExpectsErrors = true });
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("reader", new Allow("movies", [Operation.Read], "*"));
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Alien"}""");
        var name = alice.Document("movies", "m1");

        await ExecuteAsync(server, "ALTER TABLE manifests RENAME TO lost");
        var refused = await Refused.Async(() => app.Actor.GetAsync(name));
        Assert.Equal((StatusCode.Unavailable, "STORAGE_UNAVAILABLE"), (refused.StatusCode, refused.Reason()));

        await ExecuteAsync(server, "ALTER TABLE lost RENAME TO manifests");
        Assert.Equal("""{"Title":"Alien"}""", (await app.Actor.GetAsync(name)).Text());
    }

    [Fact]
    public async Task A_stream_that_cannot_be_decided_any_more_says_so_and_ends()
    {
        await using var server = await VibeServer.StartAsync(new ServerSetup { ExpectsErrors = true });
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("reader", new Allow("movies", [Operation.Read], "*"));
        await using var follower = await Follower.CaughtUpAsync(app.Actor, alice.Collection("movies"));

        await ExecuteAsync(server, "ALTER TABLE grants RENAME TO lost");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"Title":"Alien"}""");

        await follower.EndsWithAsync("STORAGE_UNAVAILABLE");
    }

    private static async Task ExecuteAsync(VibeServer server, string sql)
    {
        var file = Directory.EnumerateFiles(server.Folder, "*.db").Single();
        await using DbConnection connection = new SqliteConnection(
            $"Data Source={file};Default Timeout=10;Pooling=False"
        );
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
