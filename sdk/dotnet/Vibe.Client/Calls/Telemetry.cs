using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Vibe.Client.Calls;

/// <summary>
/// Traces and metrics of calls. They name methods and outcomes, and nothing that belongs to a person. A write that shares a
/// message with others has a span and a duration of its own, as every call of the caller's has; the span says with how many.
/// </summary>
internal static class Telemetry
{
    private const string Name = "Vibe.Client";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "rpc.client.call.duration",
        "s",
        "How long calls take, all attempts together."
    );

    public static Activity? Start(Rpc rpc)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity($"{rpc.Service}/{rpc.Method}", ActivityKind.Client);
        activity?.SetTag("rpc.system", "grpc").SetTag("rpc.service", rpc.Service).SetTag("rpc.method", rpc.Method);
        return activity;
    }

    public static void End(Activity? activity, Rpc rpc, Call call, VibeException? error)
    {
        var code = (int)(error?.Code ?? Grpc.Core.StatusCode.OK);
        if (Duration.Enabled)
        {
            Duration.Record(
                call.Elapsed.TotalSeconds,
                new TagList
                {
                    { "rpc.system", "grpc" },
                    { "rpc.service", rpc.Service },
                    { "rpc.method", rpc.Method },
                    { "rpc.grpc.status_code", code },
                    { "vibe.reason", error?.Reason?.Value },
                }
            );
        }

        activity?.SetTag("rpc.grpc.status_code", code).SetTag("vibe.attempts", call.Attempts);
        if (call.Together > 0)
        {
            activity?.SetTag("vibe.together", call.Together);
        }

        if (error is not null)
        {
            activity?.SetTag("vibe.reason", error.Reason?.Value).SetStatus(ActivityStatusCode.Error);
        }
    }
}
