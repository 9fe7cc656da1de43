using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;
using Vibe.Hosting;
using Vibe.Storage;

namespace Vibe.Server.Telemetry;

/// <summary>
/// Decides at its entry whether a call is recorded; what happens inside follows. A caller's trace context is joined and
/// decides nothing, neither by its flag nor by the choice of its trace id. What is only linked, a page to the writes that
/// caused it, is recorded when one of those was.
/// </summary>
internal sealed class EntrySampler(Sampler entry) : Sampler
{
    private const string Setting = "OTEL_TRACES_SAMPLER";

    /// <summary>Reads the standard variables; everything is recorded unless they say otherwise.</summary>
    /// <exception cref="StartupException">They name no sampler, or no ratio.</exception>
    public static EntrySampler From(IConfiguration settings)
    {
        var name = settings[Setting] is { Length: > 0 } given ? given : "always_on";
        // All of ours look at their parent inside the process, and none at one outside of it.
        return name.Replace("parentbased_", "", StringComparison.Ordinal) switch
        {
            "always_on" => new EntrySampler(new AlwaysOnSampler()),
            "always_off" => new EntrySampler(new AlwaysOffSampler()),
            "traceidratio" => new EntrySampler(new TraceIdRatioBasedSampler(Ratio(settings[$"{Setting}_ARG"]))),
            _ => throw new StartupException(
                $"There is no sampler '{name}' ({Setting}); known are always_on, always_off and traceidratio, each also "
                    + "with parentbased_ before it."
            ),
        };
    }

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (parent.TraceId != default && !parent.IsRemote)
            return new SamplingResult(IsRecorded(parent));
        if (samplingParameters.Links?.Any() == true)
            return new SamplingResult(samplingParameters.Links.Any(link => IsRecorded(link.Context)));
        return entry.ShouldSample(
            new SamplingParameters(
                default,
                ActivityTraceId.CreateRandom(),
                samplingParameters.Name,
                samplingParameters.Kind
            )
        );
    }

    private static bool IsRecorded(ActivityContext context) => context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);

    private static double Ratio(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return 1;
        return
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
            && ratio is >= 0 and <= 1
            ? ratio
            : throw new StartupException($"'{text}' is no ratio ({Setting}_ARG); expected 0 to 1.");
    }
}
