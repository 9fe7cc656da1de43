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

    /// <summary>Starts a server that answers and does nothing else, measures it, and stops it.</summary>
    /// <param name="idle">How long it is left alone before it is looked at.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Sample> StartEmptyAsync(TimeSpan idle, CancellationToken cancellation)
    {
        var address = MeasuredProcess.FreeAddress();
        using var client = new HttpClient
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        await using var process = await MeasuredProcess.StartAsync(
            ["Vibe.Load.dll", "twin", "--empty", "--address", $"{address}"],
            [],
            async () => await client.GetStringAsync(address, cancellation)
        );
        await Task.Delay(idle, cancellation);
        return new Sample
        {
            Start = process.FirstAnswerAfter.TotalMilliseconds,
            IdleMemory = Measures.Usage.Mebibytes(ProcessTree.Memory(process.Id)),
        };
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
