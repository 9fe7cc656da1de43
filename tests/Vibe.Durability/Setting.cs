using System.Globalization;

namespace Vibe.Durability;

/// <summary>What makes a run longer, or another one.</summary>
internal static class Setting
{
    /// <summary>A number from the environment; the usual one without.</summary>
    public static int Number(string name, int usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
