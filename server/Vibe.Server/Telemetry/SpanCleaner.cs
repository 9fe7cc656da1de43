using System.Diagnostics;
using OpenTelemetry;

namespace Vibe.Server.Telemetry;

/// <summary>
/// Takes from spans, before they are exported, every attribute that is not allowed, the text of errors, and what the
/// caller put into the trace state.
/// </summary>
internal sealed class SpanCleaner : BaseProcessor<Activity>
{
    // At the start, for what runs inside inherits it.
    public override void OnStart(Activity data) => data.TraceStateString = null;

    public override void OnEnd(Activity data)
    {
        foreach (var (key, _) in data.TagObjects.ToArray())
            if (!AllowedAttributes.OfSpans.Contains(key))
                data.SetTag(key, null);
        if (data.StatusDescription is not null)
            data.SetStatus(data.Status);
    }
}
