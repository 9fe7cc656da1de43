using System.Diagnostics;
using System.Diagnostics.Metrics;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Sync.V1;

namespace Vibe.Sync.Subscriptions;

/// <summary>
/// What an operator sees of streams. A look for news is a trace of its own, linked to the stream that it is for and to the
/// writes that it was woken by, in whatever process: a stream lives too long to be one trace, and one look may answer
/// many writes.
/// </summary>
internal static class SyncTelemetry
{
    private const string Name = "Vibe.Sync";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly UpDownCounter<long> Streams = Meter.CreateUpDownCounter<long>(
        "vibe.streams.open",
        "{stream}",
        "Subscriptions that are open."
    );

    private static readonly Counter<long> Pages = Meter.CreateCounter<long>(
        "vibe.pages",
        "{page}",
        "Pages handed over to streams."
    );

    private static readonly Histogram<long> PageSize = Meter.CreateHistogram<long>(
        "vibe.page.size",
        "By",
        "Bytes of a page on the wire.",
        advice: new() { HistogramBucketBoundaries = [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304] }
    );

    private static readonly Histogram<double> Lag = Meter.CreateHistogram<double>(
        "vibe.lag",
        "s",
        "From the commit of a write to handing over the page that it caused.",
        advice: new()
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
        }
    );

    /// <summary>Whether anybody wants to know what a look was caused by.</summary>
    public static bool IsWatched => Lag.Enabled || Source.HasListeners();

    /// <summary>Counts a stream as open until the result is disposed of.</summary>
    public static IDisposable Open() => new OpenStream();

    /// <summary>Begins a look for news. The caller is asynchronous, so that its caller goes on under its own span.</summary>
    public static Activity? Look(ActivityContext stream, IReadOnlyList<SignalCause> causes)
    {
        if (!Source.HasListeners())
            return null;
        var links = causes.Select(cause => cause.Write).Append(stream).Where(context => context != default);
        Activity.Current = null;
        return Source.StartActivity(
            "page",
            ActivityKind.Internal,
            default(ActivityContext),
            links: links.Distinct().Select(context => new ActivityLink(context))
        );
    }

    /// <summary>Notes that a page was handed over, whose causes were committed at a moment or later.</summary>
    public static void Sent(Activity? look, Page page, IReadOnlyList<SignalCause> causes, long committedAt, Clock clock)
    {
        Pages.Add(1);
        foreach (var cause in causes)
            if (cause.At > 0)
                Lag.Record(Math.Max(0, clock.Microseconds - Math.Max(cause.At, committedAt)) / 1e6);
        if (!PageSize.Enabled && look is null)
            return;
        var size = page.CalculateSize();
        PageSize.Record(size);
        look?.SetTag("vibe.page.changes", page.Changes.Count).SetTag("vibe.page.size", size);
    }

    private sealed class OpenStream : IDisposable
    {
        public OpenStream() => Streams.Add(1);

        public void Dispose() => Streams.Add(-1);
    }
}
