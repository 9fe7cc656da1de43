using System.Globalization;

namespace Vibe.Cli.Running;

/// <summary>Spans of time as people write them: <c>90s</c>, <c>10m</c>, <c>12h</c>, <c>30d</c>.</summary>
internal static class Durations
{
    /// <exception cref="CommandException">It is none.</exception>
    public static TimeSpan Parse(string text, string option)
    {
        var unit = text.Length < 2 ? TimeSpan.Zero : UnitOf(text[^1]);
        if (unit > TimeSpan.Zero && int.TryParse(text[..^1], CultureInfo.InvariantCulture, out var count) && count > 0)
            return unit * count;
        throw CommandException.Usage($"{option} '{text}' is no span of time; expected one like 90s, 10m, 12h or 30d.");
    }

    private static TimeSpan UnitOf(char unit) =>
        unit switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => TimeSpan.Zero,
        };
}
