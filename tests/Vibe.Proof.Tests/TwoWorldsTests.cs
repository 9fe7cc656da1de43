using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.Tests;

public sealed class TwoWorldsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Engine.Sqlite, 40)]
    [InlineData(Engine.Postgres, 15)]
    public Task Two_worlds_that_differ_out_of_sight_look_the_same(Engine engine, int histories) =>
        SmallRun.HoldsAsync(Proofs.TwoWorlds, engine, histories, output);

    [Fact]
    public Task They_look_the_same_through_a_gateway() =>
        SmallRun.HoldsThroughEnvoyAsync(Proofs.TwoWorlds, Engine.Sqlite, 40, output);
}
