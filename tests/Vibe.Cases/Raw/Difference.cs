using System.Text.Json;
using Vibe.Testing;

namespace Vibe.Cases.Raw;

/// <summary>What a door answers otherwise than all others, by name. Whatever is not listed is a mistake.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Scenario">The scenario that it does not hold.</param>
/// <param name="At">At which kinds of doors.</param>
/// <param name="Observed">A part of what is said there of the step that goes wrong.</param>
/// <param name="Why">The reason.</param>
internal sealed record Difference(string Name, string Scenario, IReadOnlyList<string> At, string Observed, string Why)
{
    /// <summary>The file that holds them.</summary>
    public static readonly string File = Path.Combine(Checkout.Root, "gateway", "differences.json");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Difference> All { get; } =
        JsonSerializer.Deserialize<Difference[]>(System.IO.File.ReadAllText(File), JsonSerializerOptions.Web)!;

    /// <summary>The one that a scenario meets at a door; null without one.</summary>
    public static Difference? Of(string scenario, string kind) =>
        All.SingleOrDefault(difference => difference.Scenario == scenario && difference.At.Contains(kind));

    /// <summary>Judges what came of a scenario where this difference is listed.</summary>
    /// <returns>What is wrong with the list; null where it is right.</returns>
    public string? Judge(string? wrong) =>
        wrong is null ? $"the difference '{Name}' is there no more: take it from the list"
        : wrong.Contains(Observed, StringComparison.Ordinal) ? null
        : $"the difference '{Name}' is another one than the list says: {wrong}";
}
