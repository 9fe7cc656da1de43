using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Storage.Tests;

/// <summary>
/// What all suites stand on: a database of the test's own, and any number of processes on it. Each suite runs on both
/// engines.
/// </summary>
public abstract class StorageSuite(Engine engine) : IAsyncLifetime
{
    /// <summary>How long anything may take before a test calls it lost.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<StorageProcess> _processes = [];
    private Place? _place;

    protected Engine Engine => engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The test's database, empty at first.</summary>
    protected async Task<Place> PlaceAsync() => _place ??= await Place.NewAsync(engine);

    /// <summary>A process that has opened nothing yet.</summary>
    protected async Task<StorageProcess> UnreadyProcessAsync(TimeProvider? time = null, Place? place = null)
    {
        var process = new StorageProcess(place ?? await PlaceAsync(), time);
        _processes.Add(process);
        return process;
    }

    /// <summary>A process that is ready to serve.</summary>
    protected async Task<StorageProcess> ProcessAsync(TimeProvider? time = null, Place? place = null)
    {
        var process = await UnreadyProcessAsync(time, place);
        await process.Host.MigrateAsync();
        await process.Host.AssertReadyAsync();
        return process;
    }

    /// <summary>Waits for something that nothing announces.</summary>
    protected static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await holds())
            await Task.Delay(10, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        if (_place is not null)
            await _place.RemoveAsync();
        GC.SuppressFinalize(this);
    }
}
