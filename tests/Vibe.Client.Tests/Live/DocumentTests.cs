using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;

namespace Vibe.Client.Tests.Live;

public sealed class DocumentTests(LiveServers servers) : IClassFixture<LiveServers>
{
    [Theory, EachEngine]
    public async Task A_document_is_created_changed_replaced_and_deleted(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");

        var created = await movies.CreateAsync(new Movie("Alien", 1979));
        var alien = movies.Document(created.Id);
        var first = await alien.GetAsync();
        var updated = await alien.UpdateAsync(new { Rating = 8.5 });
        var second = await alien.GetAsync();
        var replaced = await alien.ReplaceAsync(new Movie("Aliens"));
        var third = await alien.GetAsync();
        var deleted = await alien.DeleteAsync();

        Assert.Equal(new Movie("Alien", 1979), first!.Value);
        Assert.Equal("""{"Title":"Alien","Year":1979}""", first.Json);
        Assert.Equal(created.Etag, first.Etag);
        Assert.Equal(created.UpdateTime, first.UpdateTime);
        Assert.Equal(new Movie("Alien", 1979, 8.5), second!.Value);
        Assert.Equal(updated.Etag, second.Etag);
        Assert.Equal(first.CreateTime, second.CreateTime);
        Assert.True(second.UpdateTime >= first.UpdateTime);
        Assert.Equal(new Movie("Aliens"), third!.Value);
        Assert.Equal(replaced.Etag, third.Etag);
        Assert.Null(deleted.Etag);
        Assert.Null(deleted.UpdateTime);
        Assert.Null(await alien.GetAsync());
    }

    [Theory, EachEngine]
    public async Task A_deleted_id_is_gone_for_ever(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var note = vibe.Me.Collection("notes").Document("n1");
        await note.CreateAsync(new JsonObject { ["Text"] = "a" });
        await note.DeleteAsync();

        var again = await Assert.ThrowsAsync<VibeException>(() => note.DeleteAsync());
        await note.DeleteAsync(new WriteOptions { AllowMissing = true });
        var anew = await Assert.ThrowsAsync<VibeException>(() => note.CreateAsync([]));
        var replaced = await Assert.ThrowsAsync<VibeException>(() =>
            note.ReplaceAsync([], new WriteOptions { AllowMissing = true })
        );

        Assert.Equal(Reason.ResourceNotFound, again.Reason);
        Assert.Equal(Reason.ResourceExists, anew.Reason);
        Assert.NotNull(replaced.Reason);
    }

    [Theory, EachEngine]
    public async Task A_missing_document_comes_with_an_update_that_allows_it(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");

        var refused = await Assert.ThrowsAsync<VibeException>(() =>
            movies.Document("m1").UpdateAsync(new { Year = 1 })
        );
        await movies.Document("m1").UpdateAsync(new { Title = "Alien" }, new WriteOptions { AllowMissing = true });
        await movies.Document("m2").ReplaceAsync(new Movie("Heat"), new WriteOptions { AllowMissing = true });
        await movies.Document("m3").UpdateAsync(new Edit().Set("/Title", "Solaris"), new() { AllowMissing = true });

        Assert.Equal(Reason.ResourceNotFound, refused.Reason);
        var titles = await movies.ListAsync().Select(movie => movie.Value.Title).ToListAsync();
        Assert.Equal(["Alien", "Heat", "Solaris"], titles);
    }

    [Theory, EachEngine]
    public async Task An_edit_sets_and_removes_deep_members(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var person = vibe.Me.Collection("people").Document("p1");
        await person.CreateAsync(
            new JsonObject
            {
                ["name"] = "Ada",
                ["nick"] = "A",
                ["address"] = new JsonObject { ["city"] = "London", ["zip"] = "N1" },
                ["a/b"] = new JsonObject { ["~"] = 1 },
            }
        );

        await person.UpdateAsync(
            new Edit()
                .Set("/address/city", "Oslo")
                .Set("/address/geo/lat", 59.9)
                .Set(Pointer.Of("a/b", "~"), new[] { 1, 2 })
                .Set("/empty", null)
                .Remove("/nick")
                .Remove("/address/zip")
                .Remove("/never/there")
        );

        Assert.Equal(
            """{"a/b":{"~":[1,2]},"address":{"city":"Oslo","geo":{"lat":59.9}},"empty":null,"name":"Ada"}""",
            (await person.GetAsync())!.Json
        );
    }

    [Theory, EachEngine]
    public async Task An_update_writes_nulls_and_a_typed_value_leaves_them_out(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");

        var created = await movies.CreateAsync(new Movie("Alien"));
        await movies.Document(created.Id).UpdateAsync(new Dictionary<string, object?> { ["Year"] = null, ["x.y"] = 1 });

        Assert.Equal("""{"Title":"Alien","Year":null,"x.y":1}""", (await movies.Document(created.Id).GetAsync())!.Json);
    }

    [Theory, EachEngine]
    public async Task Typed_values_may_have_odd_member_names(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var films = vibe.Me.Collection<Film>("films");
        var film = new Film("Ōkami/~ \"狼\"", new DateOnly(1979, 5, 25), 78_900_000);

        var created = await films.CreateAsync(film);
        await films.Document(created.Id).UpdateAsync(new Edit().Set(Pointer.Of("US/World ~"), 79_000_000L));

        var got = await films.Document(created.Id).GetAsync();
        Assert.Equal(film with { Gross = 79_000_000 }, got!.Value);
        Assert.Equal("1979-05-25", JsonNode.Parse(got.Json)!["Release Date"]!.GetValue<string>());
    }

    [Theory, EachEngine]
    public async Task A_listing_goes_through_all_pages_and_continues_from_a_token(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        var batch = vibe.Me.Batch();
        for (var i = 0; i < 5; i++)
        {
            batch.Create(movies.Document($"m{i}"), new Movie($"Title {i}"));
        }

        await batch.CommitAsync();

        var pages = await movies.ListAsync(new ListOptions { PageSize = 2 }).PagesAsync().ToListAsync();
        var rest = movies.ListAsync(new ListOptions { PageSize = 1, PageToken = pages[0].NextPageToken });

        Assert.Equal([2, 2, 1], pages.Select(page => page.Items.Count));
        Assert.Null(pages[2].NextPageToken);
        Assert.Equal(
            ["m0", "m1", "m2", "m3", "m4"],
            await movies.ListAsync(new ListOptions { PageSize = 1 }).Select(movie => movie.Id).ToListAsync()
        );
        Assert.Equal(["m2", "m3", "m4"], await rest.Select(movie => movie.Id).ToListAsync());
        Assert.Empty(await vibe.Me.Collection("nothing").ListAsync().ToListAsync());
    }

    [Theory, EachEngine]
    public async Task Collections_are_listed_as_far_as_they_are_seen(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var notes = await alice.AppAsync(new Allow("b", [Vibe.Access.V1.Operation.Read], "*"));
        await using var own = server.Client(alice.Own);
        await using var app = server.Client(notes.Actor);
        foreach (var id in new[] { "c", "a", "b" })
        {
            await own.Me.Collection(id).CreateAsync([]);
        }

        var all = await own.Me.ListCollectionsAsync(new ListOptions { PageSize = 2 }).ToListAsync();
        var seen = await app.Me.ListCollectionsAsync().ToListAsync();

        Assert.Equal(["a", "b", "c"], all.Select(collection => collection.Id));
        Assert.Equal(["b"], seen.Select(collection => collection.Id));
        Assert.Single(await seen[0].ListAsync().ToListAsync());
    }

    private sealed record Film(
        string Title,
        [property: JsonPropertyName("Release Date")] DateOnly ReleaseDate,
        [property: JsonPropertyName("US/World ~")] long Gross
    );
}
