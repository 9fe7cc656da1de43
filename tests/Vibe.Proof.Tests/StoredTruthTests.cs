using Vibe.Proof.Runs;
using Vibe.Testing;

namespace Vibe.Proof.Tests;

public sealed class StoredTruthTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Engine.Sqlite, 45)]
    [InlineData(Engine.Postgres, 30)]
    public Task Every_reader_holds_what_was_written_and_nothing_else(Engine engine, int histories) =>
        SmallRun.HoldsAsync("stored-truth", engine, histories, output);
}
