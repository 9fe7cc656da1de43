using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Vibe.Testing.Telemetry;

/// <summary>
/// Keeps every different text that is on a span or a metric of ours in this process, from whatever server: there are few,
/// or something is wrong.
/// </summary>
internal static class TelemetryRecorder
{
    private const string Ours = "Vibe.";

    // Those of the client, which is its user's own.
    private const string Client = "Vibe.Client";

    private static readonly ConcurrentDictionary<string, bool> Seen = new();

    private static readonly ActivityListener Spans = new()
    {
        ShouldListenTo = source => IsOurs(source.Name),
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        ActivityStopped = Note,
    };

    private static readonly MeterListener Metrics = new()
    {
        InstrumentPublished = (instrument, listener) =>
        {
            if (IsOurs(instrument.Meter.Name))
                listener.EnableMeasurementEvents(instrument);
        },
    };

    static TelemetryRecorder()
    {
        ActivitySource.AddActivityListener(Spans);
        Metrics.SetMeasurementEventCallback<long>((_, _, tags, _) => Note(tags));
        Metrics.SetMeasurementEventCallback<double>((_, _, tags, _) => Note(tags));
        Metrics.Start();
    }

    public static ICollection<string> Texts => Seen.Keys;

    /// <summary>Begins to listen, in case that nobody did before.</summary>
    public static void Start() => _ = Seen.Count;

    private static bool IsOurs(string name) =>
        name.StartsWith(Ours, StringComparison.Ordinal) && !name.StartsWith(Client, StringComparison.Ordinal);

    private static void Note(Activity span)
    {
        Seen[span.DisplayName] = true;
        if (span.StatusDescription is { } description)
            Seen[description] = true;
        Note(span.TagObjects.ToArray());
        foreach (var marked in span.Events)
        {
            Seen[marked.Name] = true;
            Note(marked.Tags.ToArray());
        }
    }

    private static void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (key, value) in tags)
        {
            Seen[key] = true;
            if (value is string text)
                Seen[text] = true;
        }
    }
}
