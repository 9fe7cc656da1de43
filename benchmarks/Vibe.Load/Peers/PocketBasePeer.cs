using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>PocketBase, by HTTP and server-sent events: documents are records that anybody may write, list and follow.</summary>
internal sealed class PocketBasePeer : Peer
{
    private const int PageSize = 1000;
    private const string Administrator = "admin@example.com";
    private const string Password = "not-a-secret-of-anybody";

    private static readonly JsonElement Content = JsonDocument.Parse(Body.Json).RootElement;

    private readonly PeerProgram _program;
    private readonly HttpClient _client;

    private PocketBasePeer(PeerProgram program, HttpClient client) => (_program, _client) = (program, client);

    public static async Task<Peer> StartAsync()
    {
        var pocketbase = PeerProgram.Find("pocketbase");
        var address = MeasuredProcess.FreeAddress();
        var client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var program = await PeerProgram.StartAsync(
                async folder =>
                {
                    string[] start = [.. await Unprivileged.PrefixAsync(folder), pocketbase];
                    string[] data = ["--dir", Path.Combine(folder, "data")];
                    await Unprivileged.RunAsync([.. start, "superuser", "upsert", Administrator, Password, .. data]);
                    return [.. start, "serve", $"--http={address.Authority}", .. data];
                },
                async () => (await client.GetAsync(new Uri("/api/health", UriKind.Relative))).EnsureSuccessStatusCode()
            );
            var signedIn = await PostAsync(
                client,
                "/api/collections/_superusers/auth-with-password",
                new { identity = Administrator, password = Password },
                CancellationToken.None
            );
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                signedIn.GetProperty("token").GetString()
            );
            return new PocketBasePeer(program, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public override string Durability => "not synced each";

    public override string CatchingUp => "pages of 1,000 records";

    public override string Watching => "SSE, not resumable";

    public override async Task CreateAsync(string collection, CancellationToken cancellation) =>
        await PostAsync(
            _client,
            "/api/collections",
            new
            {
                name = collection,
                type = "base",
                createRule = "",
                listRule = "",
                viewRule = "",
                fields = new[] { new { name = "body", type = "json" } },
            },
            cancellation
        );

    public override async Task WriteAsync(int caller, string collection, CancellationToken cancellation) =>
        await PostAsync(_client, Records(collection), new { body = Content }, cancellation);

    public override async Task<string> StoreAsync(string collection, CancellationToken cancellation)
    {
        var stored = await PostAsync(_client, Records(collection), new { body = Content }, cancellation);
        return stored.GetProperty("id").GetString()!;
    }

    public override async Task<int> ReadAsync(
        int caller,
        string collection,
        string stored,
        CancellationToken cancellation
    )
    {
        var record = new Uri($"{Records(collection)}/{stored}", UriKind.Relative);
        return (await _client.GetByteArrayAsync(record, cancellation)).Length;
    }

    public override async Task<long> CountAsync(string collection, CancellationToken cancellation)
    {
        var page = await GetAsync($"{Records(collection)}?perPage=1", cancellation);
        return page.GetProperty("totalItems").GetInt64();
    }

    public override async Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation)
    {
        var (count, read) = (0L, PageSize);
        for (var page = 1; read == PageSize; page++, count += read)
        {
            var answer = await GetAsync(
                $"{Records(collection)}?perPage={PageSize}&page={page}&skipTotal=1&sort=@rowid",
                cancellation
            );
            read = answer.GetProperty("items").GetArrayLength();
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
        var answer = await _client.GetAsync(
            new Uri("/api/realtime", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead,
            cancellation
        );
        answer.EnsureSuccessStatusCode();
        var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation));
        var first = await DataAsync(lines, cancellation) ?? throw new LoadException("PocketBase began no stream.");
        await PostAsync(
            _client,
            "/api/realtime",
            new
            {
                clientId = JsonDocument.Parse(first).RootElement.GetProperty("clientId").GetString(),
                subscriptions = new[] { $"{collection}/*" },
            },
            cancellation
        );
        return Watch.Begin(async end =>
        {
            using (answer)
                while (await DataAsync(lines, end) is not null)
                    told();
            throw new LoadException("A subscriber of PocketBase was cut off.");
        });
    }

    public override Usage Usage() => _program.Usage();

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return _program.DisposeAsync();
    }

    private static string Records(string collection) => $"/api/collections/{collection}/records";

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancellation) =>
        await _client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative), cancellation);

    private static async Task<JsonElement> PostAsync(
        HttpClient client,
        string path,
        object content,
        CancellationToken cancellation
    )
    {
        using var answer = await client.PostAsJsonAsync(new Uri(path, UriKind.Relative), content, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode)
            throw new LoadException($"PocketBase answered {path} with {(int)answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    private static async Task<string?> DataAsync(StreamReader lines, CancellationToken cancellation)
    {
        const string Data = "data:";
        while (await lines.ReadLineAsync(cancellation) is { } line)
            if (line.StartsWith(Data, StringComparison.Ordinal))
                return line[Data.Length..];
        return null;
    }
}
