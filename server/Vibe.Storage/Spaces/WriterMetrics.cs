using System.Diagnostics.Metrics;

namespace Vibe.Storage.Spaces;

/// <summary>What can be measured of writing: how many groups there are, how large, and how many works wait.</summary>
internal sealed class WriterMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string Meter = "Vibe.Storage";

    private readonly Counter<long> _groups;
    private readonly Histogram<int> _sizes;
    private readonly UpDownCounter<int> _queue;

    public WriterMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(Meter);
        _groups = meter.CreateCounter<long>("vibe.writer.groups", "{group}", "Transactions that took works of a space");
        _sizes = meter.CreateHistogram<int>("vibe.writer.group.size", "{work}", "Works in one transaction");
        _queue = meter.CreateUpDownCounter<int>("vibe.writer.queue", "{work}", "Works that wait for their turn");
    }

    /// <summary>Counts a group that is over.</summary>
    public void Ended(int works)
    {
        _groups.Add(1);
        _sizes.Record(works);
    }

    /// <summary>Counts works that wait, or wait no more.</summary>
    public void Waiting(int change) => _queue.Add(change);
}
