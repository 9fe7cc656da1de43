using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace Vibe.Client.Tests;

/// <summary>The spans of the client that end below one of the test's own.</summary>
internal sealed class RecordedSpans : IEnumerable<Activity>, IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly Activity _parent = new Activity("parent").Start();
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Vibe.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == _parent.TraceId)
                {
                    _ended.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerator<Activity> GetEnumerator() => _ended.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        _listener.Dispose();
        _parent.Dispose();
    }
}
