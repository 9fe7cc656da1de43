using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Spaces;

/// <summary>
/// What an operator sees of writes in spaces: a span for each, from the wait for its turn to the disk, one for each group of
/// them, and how many there are by rpc and outcome.
/// </summary>
public static class WriteTelemetry
{
    private const string Name = "Vibe.Storage";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Writes = Meter.CreateCounter<long>(
        "vibe.writes",
        "{write}",
        "Writes in spaces, by rpc and outcome."
    );

    /// <summary>Writes in a space for an rpc, and tells the operator what became of it.</summary>
    /// <param name="spaces">The order of the spaces.</param>
    /// <param name="rpc">The rpc, as <c>package.Service/Method</c>.</param>
    /// <param name="space">The space.</param>
    /// <param name="lane">Where the write waits.</param>
    /// <param name="caller">On whose behalf.</param>
    /// <param name="questions">What the work will want to know.</param>
    /// <param name="work">What to do in the space's turn.</param>
    /// <param name="cancellation">Ends the wait for the turn.</param>
    public static async Task<(T Result, Moment Moment)> WriteAsync<T>(
        this SpaceLog spaces,
        string rpc,
        SpaceName space,
        Lane lane,
        Caller caller,
        IReadOnlyList<Question> questions,
        Func<Turn, CancellationToken, Task<T>> work,
        CancellationToken cancellation
    )
    {
        using var span = Source.StartActivity("write");
        span?.SetTag("rpc.method", rpc);
        var outcome = "OK";
        try
        {
            return await spaces.WriteAsync(space, lane, caller, questions, work, cancellation);
        }
        catch (Exception exception)
        {
            outcome = OutcomeOf(exception);
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            span?.SetTag("vibe.outcome", outcome);
            Writes.Add(1, new("rpc.method", rpc), new("vibe.outcome", outcome));
        }
    }

    /// <summary>Links a group to a work of it, if that is recorded; the first such work begins the group's span.</summary>
    /// <returns>The group's span, or nothing.</returns>
    internal static Activity? Join(Activity? group, Work work, DateTimeOffset begun)
    {
        if (work.Span == default)
            return group;
        var link = new ActivityLink(work.Span);
        return group?.AddLink(link)
            ?? Source.StartActivity(
                "group",
                ActivityKind.Internal,
                default(ActivityContext),
                links: [link],
                startTime: begun
            );
    }

    /// <summary>Notes that a group is over.</summary>
    internal static void Ended(Activity? group, int works, Exception? failure)
    {
        if (group is null)
            return;
        group.SetTag("vibe.group.size", works);
        if (failure is not null)
            group.SetStatus(ActivityStatusCode.Error);
        group.Dispose();
    }

    private static string OutcomeOf(Exception exception) =>
        exception switch
        {
            VibeException refusal => ErrorReasons.NameOf(refusal.Reason),
            OperationCanceledException => "CANCELLED",
            DbException => ErrorReasons.NameOf(ErrorReason.StorageUnavailable),
            _ => ErrorReasons.NameOf(ErrorReason.Internal),
        };
}
