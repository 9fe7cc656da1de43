using System.Diagnostics;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;
using Vibe.Sync.V1;

namespace Vibe.Sync.Subscriptions;

/// <summary>A look for news in a scope, and what came of it: a page, or why there is none.</summary>
internal sealed class Look(FollowedScope scope, IReadOnlyList<SignalCause> causes, Activity? span) : IDisposable
{
    public FollowedScope Scope => scope;

    public Activity? Span => span;

    public ScopePage? Page { get; set; }

    public Exception? Error { get; set; }

    /// <summary>
    /// When the write was committed that it went along with, in microseconds; it was woken by that before it was committed.
    /// </summary>
    public long CommittedAt { get; set; }

    /// <summary>Notes that the page was handed over.</summary>
    public void Sent(Page page, Clock clock) => SyncTelemetry.Sent(span, page, causes, CommittedAt, clock);

    public void Dispose() => span?.Dispose();
}
