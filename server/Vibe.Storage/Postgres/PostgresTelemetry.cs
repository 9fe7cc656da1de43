using System.Diagnostics;
using Npgsql;

namespace Vibe.Storage.Postgres;

/// <summary>
/// How the driver traces: the statements of a write or a page, each named by its first word, and nothing of what runs all
/// the time behind them.
/// </summary>
internal static class PostgresTelemetry
{
    public static void Configure(NpgsqlTracingOptionsBuilder tracing) =>
        tracing
            .ConfigureCommandFilter(_ => Activity.Current is not null)
            .ConfigureCommandSpanNameProvider(command => FirstWordOf(command.CommandText))
            .ConfigureBatchFilter(_ => Activity.Current is not null)
            .EnableFirstResponseEvent(false)
            .EnablePhysicalOpenTracing(false);

    private static string FirstWordOf(string sql)
    {
        var text = sql.AsSpan().TrimStart();
        var end = text.IndexOfAny(" \n\r\t(");
        return (end < 0 ? text : text[..end]).ToString();
    }
}
