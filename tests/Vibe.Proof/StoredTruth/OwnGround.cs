using System.Security.Cryptography;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Vibe.Identity.Keys;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>
/// A server for one history, which is restarted, loses its keys or gets new ones, and is put back to a backup, after which
/// other things are written than before.
/// </summary>
internal sealed class OwnGround : Ground
{
    private readonly StoredData _data;
    private VibeServer _server;

    private OwnGround(StoredData data, VibeServer server) => (_data, _server) = (data, server);

    public override VibeServer Server => _server;
    public override GrpcChannel Channel => _server.Channel;

    public static async Task<OwnGround> StartAsync(Engine engine)
    {
        var data = await StoredData.NewAsync(engine);
        var server = await data.StartAsync();
        await AuditAsync(server);
        return new OwnGround(data, server);
    }

    public override async Task<string?> TroubleAsync(History history, Random random)
    {
        switch (random.Next(16))
        {
            case 0:
                history.CutAll("the server is restarted");
                await RestartAsync();
                return "restarts";
            case 1:
                history.CutAll("there is a new key");
                await RotateKeysAsync();
                return "rotated keys";
            case 2:
                history.CutAll("the keys are lost");
                await LoseKeysAsync();
                history.LoseKeys();
                return "lost keys";
            case 3 or 4:
                await RestoreAsync(history, random);
                return "restores";
            default:
                return null;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _data.DisposeAsync();
    }

    private async Task RestartAsync(Func<Task>? meanwhile = null)
    {
        await _server.DisposeAsync();
        if (meanwhile is not null)
            await meanwhile();
        _server = await _data.StartAsync();
    }

    private async Task RestoreAsync(History history, Random random)
    {
        await history.SettleAsync();
        history.CutAll("a backup is made");
        await RestartAsync(_data.BackUpAsync);
        var place = history.Now;
        await history.WriteSomeAsync(random.Next(1, 5));
        await history.SettleAsync();
        history.CutAll("the backup is put back");
        await RestartAsync(_data.PutBackAsync);
        history.PutBack(place);
        // Further than before, for most, so that places of the lost history are there again and mean something else.
        await history.WriteSomeAsync(random.Next(9));
    }

    private async Task RotateKeysAsync()
    {
        var path = _server.Services.GetRequiredService<IOptions<StorageOptions>>().Value.MasterKeyPath;
        var wrapped = MasterKey.Read(path).Wrap(RandomNumberGenerator.GetBytes(32), "sealing");
        await ExecuteAsync(
            "INSERT INTO server_keys (id, kind, wrapped, created_at) VALUES (@id, 'sealing', @wrapped, @at)",
            ("@id", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))),
            ("@wrapped", wrapped),
            ("@at", Database.Clock.Microseconds)
        );
        await RestartAsync();
    }

    private async Task LoseKeysAsync()
    {
        await ExecuteAsync("DELETE FROM server_keys WHERE kind = 'sealing'");
        await RestartAsync();
    }

    private async Task ExecuteAsync(string sql, params Value[] values)
    {
        await using var write = await Database.WriteAsync(CancellationToken.None);
        await write.ExecuteAsync(sql, values, CancellationToken.None);
        await write.CommitAsync();
    }
}
