using System.Diagnostics;
using System.Globalization;

namespace Vibe.Storage.Spaces;

/// <summary>
/// What raised a signal, for the operator's telemetry alone: nothing that a client gets depends on it, and nothing of it
/// reaches one.
/// </summary>
/// <param name="At">When, in microseconds since the Unix epoch by the database's clock; 0 where it is not known.</param>
/// <param name="Write">The recorded span of the write, or none.</param>
public readonly record struct SignalCause(long At, ActivityContext Write)
{
    private const char Separator = ',';

    /// <summary>The write that runs now, if it is recorded.</summary>
    internal static SignalCause Now(long at) =>
        new(at, Activity.Current is { Recorded: true } write ? write.Context : default);

    /// <summary>Writes a key and what moved it, for other processes.</summary>
    internal string With(string key)
    {
        var at = At.ToString(CultureInfo.InvariantCulture);
        return Write == default
            ? $"{key}{Separator}{at}"
            : $"{key}{Separator}{at}{Separator}00-{Write.TraceId}-{Write.SpanId}-{(int)Write.TraceFlags:x2}";
    }

    /// <summary>Reads what another process wrote. Of a cause that cannot be read only the key counts.</summary>
    internal static (string Key, SignalCause Cause) Read(string text)
    {
        var parts = text.Split(Separator);
        var at = parts.Length > 1 && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var time) ? time : 0;
        var write =
            parts.Length > 2 && ActivityContext.TryParse(parts[2], null, isRemote: true, out var context)
                ? context
                : default;
        return (parts[0], new SignalCause(at, write));
    }
}
