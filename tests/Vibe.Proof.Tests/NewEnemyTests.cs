using Vibe.Testing;

namespace Vibe.Proof.Tests;

public sealed class NewEnemyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Engine.Sqlite, 40)]
    [InlineData(Engine.Postgres, 30)]
    public Task Every_answer_has_a_place_in_the_order_where_it_was_so_and_was_allowed(Engine engine, int histories) =>
        SmallRun.HoldsAsync("new-enemy", engine, histories, output);
}
