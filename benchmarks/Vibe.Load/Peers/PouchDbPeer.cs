using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>pouchdb-server, by the protocol of CouchDB: collections are databases, followed by their changes feeds.</summary>
internal sealed class PouchDbPeer : Peer
{
    private const int PageSize = 1000;

    private static readonly string Content = Encoding.UTF8.GetString(Body.Json);

    private readonly PeerProgram _program;
    private readonly HttpClient _client;

    private PouchDbPeer(PeerProgram program, HttpClient client) => (_program, _client) = (program, client);

    public static async Task<Peer> StartAsync()
    {
        var node = PeerProgram.Find("node");
        var modules = await NpmPackage.InstallAsync("pouchdb-server@4.2.0");
        var address = MeasuredProcess.FreeAddress();
        var client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var program = await PeerProgram.StartAsync(
                folder =>
                    Task.FromResult<string[]>([
                        node,
                        Path.Combine(modules, "pouchdb-server", "bin", "pouchdb-server"),
                        "--host",
                        address.Host,
                        "--port",
                        $"{address.Port}",
                        "--dir",
                        folder,
                    ]),
                async () => (await client.GetAsync(new Uri("/", UriKind.Relative))).EnsureSuccessStatusCode()
            );
            return new PouchDbPeer(program, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public override string Durability => "not synced each";

    public override string CatchingUp => "_changes, 1,000 each";

    public override string Watching => "_changes, continuous, resumable";

    // Each takes some milliseconds of its one thread for a write.
    public override int MostSubscribers => 100;

    public override async Task CreateAsync(string collection, CancellationToken cancellation)
    {
        using var answer = await _client.PutAsync(new Uri($"/{collection}", UriKind.Relative), null, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    public override Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        StoreAsync(collection, cancellation);

    public override async Task<string> StoreAsync(string collection, CancellationToken cancellation)
    {
        using var content = new StringContent(Content, Encoding.UTF8, "application/json");
        var id = $"{Guid.CreateVersion7():n}";
        using var answer = await _client.PutAsync(At(collection, id), content, cancellation);
        answer.EnsureSuccessStatusCode();
        return id;
    }

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    ) => (await _client.GetByteArrayAsync(At(collection, stored), cancellation)).Length;

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation) =>
        (await GetAsync($"/{collection}", cancellation)).GetProperty("doc_count").GetInt64();

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var (count, since, read) = (0L, 0L, PageSize);
        while (read == PageSize)
        {
            var page = await GetAsync(
                $"/{collection}/_changes?include_docs=true&limit={PageSize}&since={since}",
                cancellation
            );
            read = page.GetProperty("results").GetArrayLength();
            since = page.GetProperty("last_seq").GetInt64();
            count += read;
        }
        return count;
    }

    public override async Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    )
    {
        // From a place that is known, nothing can be missed.
        var since = (await GetAsync($"/{collection}", cancellation)).GetProperty("update_seq").GetInt64();
        return Watch.Begin(async end =>
        {
            await using var stream = await _client.GetStreamAsync(
                new Uri(
                    $"/{collection}/_changes?feed=continuous&include_docs=true&heartbeat=1000&since={since}",
                    UriKind.Relative
                ),
                end
            );
            using var lines = new StreamReader(stream);
            while (await lines.ReadLineAsync(end) is { } line)
                if (line.Length > 0)
                    told();
            throw new LoadException("A subscriber of pouchdb-server was cut off.");
        });
    }

    public override Usage Usage() => _program.Usage();

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _program.DisposeAsync();
    }

    private static Uri At(string collection, string id) => new($"/{collection}/{id}", UriKind.Relative);

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancellation) =>
        await _client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), cancellation);
}
