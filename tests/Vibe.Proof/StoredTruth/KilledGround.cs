using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Proof.Mutants;
using Vibe.Server;
using Vibe.Storage;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>
/// A server for one history, in a process of its own, which ends itself without notice (SIGKILL) when it comes to some
/// point of its work for the n-th time; then another is started on the same data, and ends at another point.
/// </summary>
internal sealed class KilledGround : Ground
{
    private static readonly string[] Points =
    [
        "before-key",
        "inside-the-group",
        "before-commit",
        "after-commit",
        "before-signal",
        "before-answer",
        "page-read",
        "before-send",
    ];

    private const int StartsAtMost = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StoredData _data;
    private readonly Random _random;
    private readonly SemaphoreSlim _reviving = new(1, 1);
    private readonly List<GrpcChannel> _channels = [];
    private WebApplication? _reader;
    private VibeServer? _server;
    private Process? _process;
    private string _point = "";

    private KilledGround(StoredData data, VibeServer server, Random random) =>
        (_data, _server, _random) = (data, server, random);

    public override VibeServer Server =>
        _server ?? throw new InvalidOperationException("The server is another process.");
    public override GrpcChannel Channel => _server?.Channel ?? _channels[^1];
    public override bool MayFail => true;
    public override bool CanMint => _server is not null;

    /// <summary>How many processes ended at which point.</summary>
    public Dictionary<string, long> Kills { get; } = [];

    protected override Database Database =>
        _server is not null ? DatabaseOf(_server) : _reader!.Services.GetRequiredService<Database>();

    public static async Task<KilledGround> StartAsync(Engine engine, int seed)
    {
        var data = await StoredData.NewAsync(engine);
        var server = await data.StartAsync();
        await AuditAsync(server);
        return new KilledGround(data, server, new Random(seed));
    }

    // Everybody has an account and a token by the first step, and needs no server in this process any more.
    public override async Task<string?> TroubleAsync(History history, Random random)
    {
        if (_server is null)
            return null;
        history.CutAll("the server is a process of its own from now on");
        await _server.DisposeAsync();
        _server = null;
        _reader = Read();
        await StartProcessAsync();
        return "servers that are killed";
    }

    public override async Task ReviveAsync(GrpcChannel met)
    {
        await _reviving.WaitAsync();
        try
        {
            if (Channel != met)
                return;
            // The connection may be gone a moment before the process is.
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _process!.WaitForExitAsync(late.Token);
            CountKill();
            await StartProcessAsync();
        }
        catch (OperationCanceledException)
        {
            // It is alive: what failed is tried again.
        }
        finally
        {
            _reviving.Release();
        }
    }

    public override async Task CalmAsync()
    {
        await EndProcessAsync();
        if (_reader is not null)
            await _reader.DisposeAsync();
        _reader = null;
        _server ??= await _data.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await EndProcessAsync();
        if (_reader is not null)
            await _reader.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _channels.ForEach(channel => channel.Dispose());
        await _data.DisposeAsync();
        _reviving.Dispose();
    }

    // A start passes points too: then it is another process that begins.
    private async Task StartProcessAsync()
    {
        for (var left = StartsAtMost; left > 0; left--)
        {
            _process?.Dispose();
            _process = Process.Start(Next())!;
            if (await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } address)
            {
                _channels.Add(GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null }));
                return;
            }
            await _process.WaitForExitAsync();
            CountKill();
        }
        throw new Violation($"No server started after {StartsAtMost} that were killed.");
    }

    private ProcessStartInfo Next()
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["serve", _data.Folder, .. _data.Postgres is null ? Array.Empty<string>() : [_data.Postgres]]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _point = Points[_random.Next(Points.Length)];
        start.Environment["VIBE_KILL_AT"] = string.Create(
            CultureInfo.InvariantCulture,
            $"{_point}:{_random.Next(1, 12)}"
        );
        start.Environment["VIBE_MUTANT"] = MutantSwitch.Active;
        // What a debugger would connect to outlives a process that is killed.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    private void CountKill() => Kills[$"kills {_point}"] = Kills.GetValueOrDefault($"kills {_point}") + 1;

    private async Task EndProcessAsync()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    // The parts of a server that is not started: enough to read its database.
    private WebApplication Read()
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["Vibe:Storage:Folder"] = _data.Folder,
                ["Vibe:Storage:Postgres"] = _data.Postgres,
            }
        );
        return VibeHost.Build(builder);
    }
}
