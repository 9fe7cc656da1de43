using Vibe.Cases.Raw;
using Vibe.Testing;

namespace Vibe.Cases.Tests;

public sealed class DifferencesTests
{
    [Fact]
    public async Task The_page_about_doors_names_every_difference()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "doors.md"));

        Assert.Contains(DoorsCommand.Differences(), page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_difference_is_one_of_a_scenario_that_is_played_there()
    {
        foreach (var difference in Difference.All)
        foreach (var kind in difference.At)
        {
            Assert.Contains(kind, DoorKinds.All);
            Assert.Contains(DoorScenarios.At(DoorKinds.DoorOf(kind)), scenario => scenario.Name == difference.Scenario);
        }
    }
}
