using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Vibe.Storage;

namespace Vibe.Server.Telemetry;

/// <summary>
/// Exports traces and metrics by OTLP, to where the standard variables of OpenTelemetry say, and nothing where they say
/// nothing.
/// </summary>
internal static class VibeTelemetry
{
    private const string ServiceName = "vibe";

    private static readonly string[] Own = ["Vibe.*"];

    private static readonly string[] Frameworks =
    [
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Runtime",
    ];

    /// <summary>Adds the exporters that the configuration asks for.</summary>
    public static void AddVibeTelemetry(this IHostApplicationBuilder builder)
    {
        var settings = builder.Configuration;
        if (bool.TryParse(settings["OTEL_SDK_DISABLED"], out var isDisabled) && isDisabled)
            return;
        var (traces, metrics) = (HasEndpoint(settings, "TRACES"), HasEndpoint(settings, "METRICS"));
        if (!traces && !metrics)
            return;
        // Events hold the texts of exceptions, and those may hold what people wrote.
        settings.AddInMemoryCollection(new Dictionary<string, string?> { ["OTEL_SPAN_EVENT_COUNT_LIMIT"] = "0" });
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.Clear().AddService(ServiceName).AddTelemetrySdk().AddEnvironmentVariableDetector()
            );
        if (traces)
            telemetry.WithTracing(tracing =>
                tracing
                    .AddSource(Own)
                    .AddAspNetCoreInstrumentation(asp => asp.RecordException = false)
                    .AddVibeStorage()
                    .SetSampler(EntrySampler.From(settings))
                    .AddProcessor(new SpanCleaner())
                    .AddOtlpExporter()
            );
        if (metrics)
            telemetry.WithMetrics(metering =>
                metering
                    .AddMeter(Own)
                    .AddMeter(Frameworks)
                    .AddVibeStorage()
                    .AddView(_ => new MetricStreamConfiguration { TagKeys = AllowedAttributes.OfMetrics })
                    .AddOtlpExporter()
            );
    }

    private static bool HasEndpoint(IConfiguration settings, string signal) =>
        settings["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 }
        || settings[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 };
}
