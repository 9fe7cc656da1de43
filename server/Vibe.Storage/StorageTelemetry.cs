using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Vibe.Storage;

/// <summary>Lets the operator's telemetry see what the engine's driver does.</summary>
public static class StorageTelemetry
{
    /// <summary>Adds the spans of statements.</summary>
    public static TracerProviderBuilder AddVibeStorage(this TracerProviderBuilder traces) => traces.AddNpgsql();

    /// <summary>Adds the figures of connections and statements.</summary>
    public static MeterProviderBuilder AddVibeStorage(this MeterProviderBuilder metrics) =>
        metrics.AddNpgsqlInstrumentation();
}
