using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Vibe.Cli.Documents;
using Vibe.Cli.Imports;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;
using Vibe.Cli.Tokens;
using Vibe.Client;
using Vibe.Consent.V1;
using Vibe.Identity.Accounts;

namespace Vibe.Cli.Demos;

/// <summary>What is shown, step by step. Each line says what just happened, not what should.</summary>
internal sealed class Demo(LocalServer server, Output output)
{
    private const string Movies = "movies";

    public async Task RunAsync(FileInfo films, CancellationToken cancellation)
    {
        Tell("Vibe keeps a person's documents. Apps read, write and follow them by that person's consent.");
        Tell("");
        Tell($"server    runs on SQLite, gRPC at {Text(server.Grpc)}, REST at {Text(server.Web)}");
        var alice = await server.Vault.AddAsync("alice", cancellation);
        Tell($"alice     makes an account: {alice.Did}");
        await using var owner = Client(alice, Vault.FirstParty, null);
        await Sandbox.RegisterAsync(owner, "library", Sandbox.Library, cancellation);
        await Sandbox.RegisterAsync(owner, "reader", Sandbox.Reader, cancellation);
        var forLibrary = (await Sandbox.GrantAsync(owner, "library", Sandbox.AllMovies, cancellation))!;
        Tell("alice     allows the app 'library' to read and write her movies");
        var forReader = (await Sandbox.GrantAsync(owner, "reader", Sandbox.Titles, cancellation))!;
        Tell("alice     allows the app 'reader' to read Title and Release Date of them, nothing else");
        await using var library = Client(alice, "library", forLibrary);
        await using var reader = Client(alice, "reader", forReader);
        await LoadAsync(library, films, cancellation);
        var following = new Follower(MoviesOf(reader), cancellation);
        Tell($"reader    follows her movies live, and holds {await following.Live} documents");
        var film = await ShowOneAsync(owner, reader, cancellation);
        await ChangeAsync(library, following, film, cancellation);
        await RevokeAsync(owner, library, following, film, forReader, cancellation);
        Tell("");
        Tell("That is Vibe. The server stops now and leaves nothing behind. Yours: vibe dev --seed sandbox");
    }

    private async Task LoadAsync(VibeClient library, FileInfo films, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await using var file = films.OpenRead();
        var report = new ImportReport(output, file.Length, showsProgress: false);
        var records = new RecordReader(file, new RecordIds(null), report).ReadAsync(cancellation);
        await new Importer(MoviesOf(library), report, TimeSpan.FromSeconds(10)).RunAsync(
            records,
            100,
            null,
            cancellation
        );
        Tell($"library   writes {report.Created} documents from {films.Name} in {clock.Elapsed.TotalSeconds:0.0} s");
    }

    private async Task<DocumentRef<RawJson>> ShowOneAsync(
        VibeClient owner,
        VibeClient reader,
        CancellationToken cancellation
    )
    {
        await foreach (var document in MoviesOf(owner).ListAsync().WithCancellation(cancellation))
        {
            if (!IsPresentable(document.Json))
                continue;
            var seen = await MoviesOf(reader).Document(document.Id).GetAsync(cancellationToken: cancellation);
            Tell($"            alice sees   {Cut(document.Json)}");
            Tell($"            reader sees  {seen!.Json}");
            return MoviesOf(reader).Document(document.Id);
        }
        throw CommandException.Failed(
            "No record has both a Title and a Release Date.",
            "vibe demo without VIBE_DEMO_DATA"
        );
    }

    private async Task ChangeAsync(
        VibeClient library,
        Follower following,
        DocumentRef<RawJson> film,
        CancellationToken cancellation
    )
    {
        var writing = MoviesOf(library).Document(film.Id);
        await writing.UpdateAsync(new Edit().Set("/Note", "seen with Bob"), cancellationToken: cancellation);
        Tell("library   writes a Note into that film, which reader may not see");
        await writing.UpdateAsync(new Edit().Set("/Title", "A Better Title"), cancellationToken: cancellation);
        var clock = Stopwatch.StartNew();
        Tell("library   writes a new Title");
        var change = await following.NextAsync(cancellation);
        if (change.Document?.Json.Contains("A Better Title") != true || change.Document.Json.Contains("Note"))
            throw CommandException.Failed($"reader was told what it may not see, or not what it may: {change.Id}");
        Tell($"reader    hears of the Title {Milliseconds(clock)} later, and of the Note nothing:");
        Tell($"            {change.Document!.Json}");
    }

    private async Task RevokeAsync(
        VibeClient owner,
        VibeClient library,
        Follower following,
        DocumentRef<RawJson> film,
        Grant grant,
        CancellationToken cancellation
    )
    {
        var grants = owner.Raw(invoker => new GrantService.GrantServiceClient(invoker));
        var clock = Stopwatch.StartNew();
        await grants.RevokeGrantAsync(new RevokeGrantRequest { Name = grant.Name }, cancellationToken: cancellation);
        Tell("alice     revokes what she allowed reader");
        var end = await following.Ended;
        Tell($"reader    is cut off {Milliseconds(clock)} after she began to: {end.Reason}");
        await MoviesOf(library)
            .Document(film.Id)
            .UpdateAsync(new Edit().Set("/Title", "Not for reader"), cancellationToken: cancellation);
        Tell("library   writes another Title");
        try
        {
            await film.GetAsync(cancellationToken: cancellation);
            throw CommandException.Failed("reader still reads after the revocation.");
        }
        catch (VibeException refused)
        {
            if (!following.IsSilent)
                throw CommandException.Failed("reader was told something after the revocation.");
            Tell($"reader    was told nothing of it, asks, and is refused: {refused.Reason}");
        }
    }

    private static bool IsPresentable(string json) =>
        JsonNode.Parse(json) is JsonObject film
        && film["Title"]?.GetValueKind() == System.Text.Json.JsonValueKind.String
        && film["Release Date"]?.GetValueKind() == System.Text.Json.JsonValueKind.String
        && film.Count > 3;

    private static string Text(Uri address) => address.ToString().TrimEnd('/');

    private static string Cut(string json) => json.Length <= 100 ? json : json[..99] + "…";

    private static string Milliseconds(Stopwatch clock) =>
        clock.Elapsed.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms";

    private VibeClient Client(Account person, string app, Grant? grant) =>
        new(server.Grpc, server.Vault.Tokens(person, app, grant?.Name.Split('/')[^1]));

    private static Collection<RawJson> MoviesOf(VibeClient client) => client.Me.Collection<RawJson>(Movies);

    private void Tell(string line)
    {
        output.Line(line);
        output.Flush();
    }
}
