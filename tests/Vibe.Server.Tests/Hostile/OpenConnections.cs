using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Vibe.Server.Tests.Hostile;

/// <summary>Counts what is open to servers of this process, as the web server itself counts it, from its making on.</summary>
internal sealed class OpenConnections : IDisposable
{
    private readonly ConcurrentDictionary<int, long> _open = new();
    private readonly MeterListener _listener = new();

    public OpenConnections()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Microsoft.AspNetCore.Server.Kestrel", Name: "kestrel.active_connections" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>(
            (_, change, tags, _) =>
            {
                foreach (var (name, value) in tags)
                    if (name == "server.port" && value is int port)
                        _open.AddOrUpdate(port, change, (_, open) => open + change);
            }
        );
        _listener.Start();
    }

    /// <summary>Waits until no more than some connections are open to an address.</summary>
    public async Task FallToAsync(Uri address, long most)
    {
        Assert.True(_open.ContainsKey(address.Port), "No connection was ever counted.");
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_open[address.Port] > most)
            await Task.Delay(5, late.Token);
    }

    public void Dispose() => _listener.Dispose();
}
