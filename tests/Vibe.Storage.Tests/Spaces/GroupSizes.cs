using System.Diagnostics.Metrics;

namespace Vibe.Storage.Tests.Spaces;

/// <summary>What the process measures of its groups from now on.</summary>
internal sealed class GroupSizes : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<int> _sizes = [];
    private long _groups;
    private int _waiting;

    public GroupSizes(StorageProcess process)
    {
        var factory = process.Get<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Meter.Name == "Vibe.Storage")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => _groups += value);
        _listener.SetMeasurementEventCallback<int>(
            (instrument, value, _, _) =>
            {
                lock (_sizes)
                    if (instrument.Name == "vibe.writer.group.size")
                        _sizes.Add(value);
                    else
                        _waiting += value;
            }
        );
        _listener.Start();
    }

    public IReadOnlyList<int> All => _sizes;
    public long Groups => _groups;
    public int Waiting => _waiting;

    public void Dispose() => _listener.Dispose();
}
