using System.Diagnostics;
using Microsoft.Extensions.Logging.Console;
using Vibe.Hosting;
using Vibe.Storage;

namespace Vibe.Server.Telemetry;

/// <summary>
/// Writes the log to the console: as text for people, or one JSON object a line for collectors, each with the ids of its
/// request and trace.
/// </summary>
public static class VibeLogs
{
    private const string Setting = "Vibe:Logs:Format";

    // Nothing is recorded; there is a trace id to log, also where nobody exports traces.
    private static readonly ActivityListener Traces = new()
    {
        ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
    };

    /// <summary>Adds the console in the form that the configuration says, and nothing else.</summary>
    /// <exception cref="StartupException">There is no such form.</exception>
    public static void AddVibeLogs(this IHostApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        switch (builder.Configuration[Setting] ?? "text")
        {
            case "text":
                builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
                break;
            case "json":
                ActivitySource.AddActivityListener(Traces);
                builder.Logging.Configure(log => log.ActivityTrackingOptions = ActivityTrackingOptions.TraceId);
                builder.Logging.AddJsonConsole(Describe);
                break;
            case var unknown:
                throw new StartupException(
                    $"There is no form of logs '{unknown}' ({Setting}); known are text and json."
                );
        }
    }

    private static void Describe(JsonConsoleFormatterOptions json)
    {
        json.IncludeScopes = true;
        json.UseUtcTimestamp = true;
        json.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    }
}
