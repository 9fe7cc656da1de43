using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;

namespace Vibe.Client.Tests.Live;

/// <summary>Runs what the package's README shows: each of its blocks is a region of this file.</summary>
public sealed partial class ReadmeTests(LiveServers servers) : IClassFixture<LiveServers>
{
    private readonly List<string> _lines = [];

    [Fact]
    public void Every_block_of_the_readme_is_run_here()
    {
        var readme = Read("sdk/dotnet/Vibe.Client/README.md")
            .Replace("new Uri(\"http://127.0.0.1:5280\")", "address")
            .Replace("Environment.GetEnvironmentVariable(\"VIBE_TOKEN\")!", "token");
        var regions = Regions().Matches(Read("tests/Vibe.Client.Tests/Live/ReadmeTests.cs"));

        var blocks = Blocks().Matches(readme).Select(block => Plain(block.Groups[1].Value)).ToArray();

        Assert.NotEmpty(blocks);
        Assert.Equal(regions.Select(region => Plain(region.Groups[1].Value)), blocks);
    }

    [Fact]
    public async Task The_first_lines_write_read_and_follow()
    {
        var server = await servers.On(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");

        var run = QuickstartAsync(server.GrpcAddress, alice.Own.Token!, new StopAfter(this, 2));

        await Assert.ThrowsAsync<OperationCanceledException>(() => run.WaitAsync(Patience.Stop));
        Assert.Equal(["Alien 8.5", "live, 1 movies"], _lines);
    }

    [Fact]
    public async Task The_ways_to_change_change()
    {
        var server = await servers.On(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        var alien = movies.Document("alien");
        await alien.CreateAsync(new Movie("?"));

        await ChangeAsync(alien);
        await CountAsync(alien);
        Assert.Equal(new Movie("Alien", 1979, 1), (await alien.GetAsync())!.Value);
        await BatchAsync(vibe, movies, alien);
        Assert.Equal("Heat", (await movies.ListAsync().SingleAsync()).Value.Title);
        var store = new Store();
        await Assert.ThrowsAsync<OperationCanceledException>(() => FollowAsync(movies, store));
        Assert.Equal(["BeginGeneration", "Put True", "DropOlderGenerations", "Commit"], store.Steps);
        await ConfigureAsync(server.GrpcAddress, new Session(alice.Own.Token!), NullLoggerFactory.Instance);
    }

    private static async Task QuickstartAsync(Uri address, string token, StopAfter Console)
    {
        #region The first lines
        await using var vibe = new VibeClient(address, token);
        var movies = vibe.Me.Collection<Movie>("movies");

        var created = await movies.CreateAsync(new Movie("Alien", 1979));
        await movies.Document(created.Id).UpdateAsync(new { Rating = 8.5 });

        var alien = await movies.Document(created.Id).GetAsync();
        Console.WriteLine($"{alien?.Value.Title} {alien?.Value.Rating}");

        await foreach (var now in movies.SnapshotsAsync())
            Console.WriteLine($"{(now.IsLive ? "live" : "offline")}, {now.Documents.Count} movies");
        #endregion
    }

    private static async Task ChangeAsync(DocumentRef<Movie> alien)
    {
        #region Three ways to change
        await alien.UpdateAsync(new { Rating = 8.5 }); // the members that are named; all others stay
        await alien.UpdateAsync(new Edit().Set("/cast/Ripley", "Weaver").Remove("/Rating")); // by paths, however deep
        await alien.ReplaceAsync(new Movie("Alien", 1979)); // exactly this
        #endregion
    }

    private static async Task CountAsync(DocumentRef<Movie> alien)
    {
        #region Only if nobody changed it meanwhile
        while (await alien.GetAsync() is { } seen)
        {
            try
            {
                var rating = (seen.Value.Rating ?? 0) + 1;
                await alien.UpdateAsync(new { Rating = rating }, new WriteOptions { IfMatch = seen.Etag });
                break;
            }
            catch (VibeException e) when (e.Reason == Reason.EtagMismatch)
            {
                // Somebody was faster: read it and decide anew.
            }
        }
        #endregion
    }

    private static async Task BatchAsync(VibeClient vibe, Collection<Movie> movies, DocumentRef<Movie> alien)
    {
        #region Several writes, all or none
        await vibe.Me.Batch().Create(movies.NewDocument(), new Movie("Heat", 1995)).Delete(alien).CommitAsync();
        #endregion
    }

    private static async Task FollowAsync(Collection<Movie> movies, Store store)
    {
        #region Following with documents of your own
        await foreach (var page in movies.SubscribeAsync(new SubscribeOptions { ResumeToken = store.ResumeToken }))
        {
            if (page.IsReset)
                store.BeginGeneration();
            foreach (var change in page.Changes)
                store.Put(change.Id, change.Document); // nothing where the document went away
            if (page.IsLive)
                store.DropOlderGenerations();
            store.Commit(page.ResumeToken);
        }
        #endregion
    }

    private static async Task ConfigureAsync(Uri address, Session SignIn, ILoggerFactory loggers)
    {
        #region Tokens, deadlines, logs
        var source = TokenSource.From(async stop => await SignIn.TokenAsync(stop)); // null: signed out
        var options = new VibeClientOptions
        {
            Application = "notes/2.1",
            Timeout = TimeSpan.FromSeconds(10), // for the whole call, all attempts together
            LoggerFactory = loggers,
        };
        await using var vibe = new VibeClient(address, source, options);
        #endregion

        await vibe.Me.Collection("movies").ListAsync().ToListAsync();
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Checkout.Root, file));

    // Line breaks are the formatter's; words and their order are what is compared.
    private static string Plain(string code) => Spaces().Replace(code, "");

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^ +#region [^\n]*\n(.*?)^ +#endregion", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Regions();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    private sealed class StopAfter(ReadmeTests test, int lines)
    {
        public void WriteLine(string line)
        {
            test._lines.Add(line);
            if (test._lines.Count == lines)
            {
                throw new OperationCanceledException();
            }
        }
    }

    private sealed class Session(string token)
    {
        public Task<AccessToken?> TokenAsync(CancellationToken stop) =>
            stop.IsCancellationRequested ? Task.FromCanceled<AccessToken?>(stop) : Task.FromResult<AccessToken?>(token);
    }

    private sealed class Store
    {
        public List<string> Steps { get; } = [];

        public string? ResumeToken => null;

        public void BeginGeneration() => Steps.Add(nameof(BeginGeneration));

        public void Put(string id, DocumentSnapshot<Movie>? document) =>
            Steps.Add($"Put {document is { } d && d.Id == id}");

        public void DropOlderGenerations() => Steps.Add(nameof(DropOlderGenerations));

        public void Commit(string resumeToken)
        {
            Steps.Add(nameof(Commit));
            throw new OperationCanceledException(resumeToken);
        }
    }
}
