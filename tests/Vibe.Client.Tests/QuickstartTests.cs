using Vibe.Client.Tests.Scripted;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;

namespace Vibe.Client.Tests;

public sealed class QuickstartTests
{
    [Fact]
    public async Task The_first_lines_of_a_new_reader_work()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Documents.GetScript.Enqueue(request =>
            new() { Document = ScriptedDocuments.Document("m1", """{"Title":"Alien","Rating":8.5}""") }
        );
        server.Sync.Then(async line =>
        {
            await line.OpenAsync();
            await line.PageAsync("t1", reset: true, live: true, Put("m1"));
            await line.HoldAsync();
        });
        var lines = new List<string>();
        var stop = Patience.Stop;

        await using var vibe = new VibeClient(server.Address, "token");
        var movies = vibe.Me.Collection<Movie>("movies");

        var created = await movies.CreateAsync(new Movie("Alien", 1979), cancellationToken: stop);
        await movies.Document(created.Id).UpdateAsync(new { Rating = 8.5 }, cancellationToken: stop);

        var alien = await movies.Document(created.Id).GetAsync(cancellationToken: stop);
        lines.Add($"{alien?.Value.Title} {alien?.Value.Rating}");

        await foreach (var now in movies.SnapshotsAsync(stop))
        {
            lines.Add($"{(now.IsLive ? "live" : "offline")}, {now.Documents.Count} movies");
            break;
        }

        Assert.Equal(["Alien 8.5", "live, 1 movies"], lines);
    }
}
