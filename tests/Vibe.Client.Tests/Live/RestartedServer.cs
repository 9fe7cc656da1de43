using Vibe.Testing;

namespace Vibe.Client.Tests.Live;

/// <summary>One server after another on the same data and the same ports.</summary>
internal sealed class RestartedServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-restart-").FullName;
    private ServerSetup _setup;
    private VibeServer? _server;

    private RestartedServer(Engine engine) => _setup = new ServerSetup { Engine = engine, Folder = Data };

    public VibeServer Server => _server ?? throw new InvalidOperationException("The server is stopped.");

    private string Data => Path.Combine(_folder, "data");

    private string Kept => Path.Combine(_folder, "kept");

    public static async Task<RestartedServer> StartAsync(Engine engine)
    {
        var house = new RestartedServer(engine);
        Directory.CreateDirectory(house.Data);
        await house.StartAsync();
        return house;
    }

    public async Task StartAsync()
    {
        _server = await VibeServer.StartAsync(_setup);
        _setup = _setup with
        {
            Postgres = _server.Postgres,
            Settings = new Dictionary<string, string?>
            {
                ["Vibe:GrpcAddress"] = _server.GrpcAddress.ToString(),
                ["Vibe:WebAddress"] = _server.WebAddress.ToString(),
            },
        };
    }

    public async Task StopAsync()
    {
        await Server.DisposeAsync();
        _server = null;
    }

    /// <summary>Makes a backup of a server that is stopped.</summary>
    public void Keep() => Copy(Data, Kept);

    /// <summary>Puts the backup in the place of the data of a server that is stopped.</summary>
    public void PutBack()
    {
        Directory.Delete(Data, recursive: true);
        Copy(Kept, Data);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
