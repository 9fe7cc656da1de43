using System.Text.Json.Nodes;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class SharedWriteTests(LiveServers servers) : IClassFixture<LiveServers>
{
    private const int Many = 300;

    [Theory, EachEngine]
    public async Task Many_at_once_all_land_by_fewer_calls_and_each_has_the_result_of_its_own(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var wire = new WireRecorder();
        await using var vibe = server.Client(alice.Own, wire.Options());
        var movies = vibe.Me.Collection<Movie>("movies");

        var results = await Task.WhenAll(
            Enumerable.Range(0, Many).Select(year => movies.Document($"m{year}").CreateAsync(new Movie("Alien", year)))
        );

        var calls = wire.Requests.Count;
        var listed = await movies.ListAsync().ToListAsync();
        Assert.InRange(calls, 1, Many - 1);
        Assert.Equal(Many, listed.Count);
        Assert.Equal(Enumerable.Range(0, Many).Select(year => $"m{year}"), results.Select(result => result.Id));
        var etags = results.ToDictionary(result => result.Id, result => (result.Etag, result.UpdateTime));
        Assert.All(listed, movie => Assert.Equal(etags[movie.Id], (movie.Etag, movie.UpdateTime)));
        Assert.All(listed, movie => Assert.Equal($"m{movie.Value.Year}", movie.Id));
    }

    [Theory, EachEngine]
    public async Task One_that_is_refused_among_many_fails_as_it_would_alone_and_the_others_land(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(
            new Allow("movies", [Rights.Read, Rights.Create], "*"),
            new Allow("notes", [Rights.Read], "*")
        );
        await using var vibe = server.Client(app.Actor);
        await using var other = server.Client(app.Actor);
        var movies = vibe.Me.Collection<Movie>("movies");
        await movies.Document("m200").CreateAsync(new Movie("Heat"));
        var alone = await Assert.ThrowsAsync<VibeException>(() =>
            other.Me.Collection<Movie>("movies").Document("m200").CreateAsync(new Movie("Alien"))
        );

        var writes = Enumerable
            .Range(0, Many)
            .Select(number =>
                vibe.Me.Collection<Movie>(number == 250 ? "notes" : "movies")
                    .Document($"m{number}")
                    .CreateAsync(new Movie("Alien"))
            )
            .ToArray();
        var taken = await Assert.ThrowsAsync<VibeException>(() => writes[200]);
        var denied = await Assert.ThrowsAsync<VibeException>(() => writes[250]);
        await Task.WhenAll(writes.Where((_, number) => number is not (200 or 250)));

        Assert.Equal((Reason.ResourceExists, alone.Code), (taken.Reason, taken.Code));
        Assert.Equal(alone.Metadata, taken.Metadata);
        Assert.Equal(Reason.NotGranted, denied.Reason);
        Assert.Equal("0", denied.Metadata["write"]);
        Assert.Equal(Many - 1, await movies.ListAsync().CountAsync());
        Assert.Equal("Heat", (await movies.Document("m200").GetAsync())!.Value.Title);
    }

    [Theory, EachEngine]
    public async Task A_lost_answer_doubles_nothing(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var answers = new LostAnswers(first: 33, count: 2);
        await using var vibe = server.Client(alice.Own, answers.Options);
        var counters = vibe.Me.Collection("counters");

        var results = await Task.WhenAll(
            Enumerable.Range(0, Many).Select(number => counters.Document($"c{number}").CreateAsync(new JsonObject()))
        );

        Assert.Equal(2, answers.Lost);
        Assert.Equal(Many, results.Select(result => result.Id).Distinct().Count());
        Assert.Equal(Many, await counters.ListAsync().CountAsync());
    }

    [Theory, EachEngine]
    public async Task The_last_of_many_updates_of_a_document_stays(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");
        await using var hold = await HeldWrites.Async(server);
        var places = Enumerable.Range(0, 32).Select(_ => notes.CreateAsync([])).ToArray();

        var writes = Enumerable
            .Range(0, 60)
            .Select(turn =>
                notes
                    .Document($"n{turn % 20}")
                    .ReplaceAsync(new JsonObject { ["turn"] = turn / 20 }, new WriteOptions { AllowMissing = true })
            )
            .ToArray();
        await hold.DisposeAsync();
        await Task.WhenAll([.. places, .. writes]);

        for (var number = 0; number < 20; number++)
        {
            Assert.Equal("""{"turn":2}""", (await notes.Document($"n{number}").GetAsync())!.Json);
        }
    }
}
