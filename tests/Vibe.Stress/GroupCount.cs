using System.Diagnostics.Metrics;

namespace Vibe.Stress;

/// <summary>Counts the groups in which this process writes, from its making on, and the works in them.</summary>
internal sealed class GroupCount : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _groups;
    private long _works;

    public GroupCount()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Vibe.Storage", Name: "vibe.writer.group.size" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>(
            (_, works, _, _) =>
            {
                Interlocked.Increment(ref _groups);
                Interlocked.Add(ref _works, works);
            }
        );
        _listener.Start();
    }

    public override string ToString() => $"{_works} works in {_groups} groups, {(double)_works / _groups:f1} each";

    public void Dispose() => _listener.Dispose();
}
