using Vibe.Load.Measures;
using Vibe.Load.Twin;
using Vibe.Testing;

namespace Vibe.Load.Servers;

/// <summary>The twin, started for the run.</summary>
internal sealed class TwinSubject : Subject
{
    private readonly Storage _storage;
    private readonly MeasuredProcess _process;

    private TwinSubject(Uri address, Storage storage, MeasuredProcess process)
        : base(address) => (_storage, _process) = (storage, process);

    public static async Task<TwinSubject> StartAsync(Engine engine)
    {
        var storage = await Storage.MakeAsync(engine);
        try
        {
            var address = MeasuredProcess.FreeAddress();
            var database = storage.Database ?? Path.Combine(storage.Folder, "twin.db");
            using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(address);
            var client = new Twin.Twin.TwinClient(channel);
            var process = await MeasuredProcess.StartAsync(
                ["Vibe.Load.dll", "twin", "--engine", $"{engine}", "--address", $"{address}", "--database", database],
                [],
                async () => await client.CountAsync(new CountRequest())
            );
            return new TwinSubject(address, storage, process);
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    public override Place NewPlace() => new TwinPlace(Channel);

    public override Usage Usage() => _storage.Usage(_process.Id);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _process.DisposeAsync();
        await _storage.DisposeAsync();
    }
}
