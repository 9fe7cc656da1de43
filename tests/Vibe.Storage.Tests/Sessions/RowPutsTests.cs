using Vibe.Storage.Postgres;
using Vibe.Storage.Sessions;
using Type = Vibe.Storage.Sessions.RowPut.ColumnType;

namespace Vibe.Storage.Tests.Sessions;

/// <summary>How rows that wait become few statements.</summary>
public sealed class RowPutsTests
{
    private static readonly RowPut Documents = new("documents", [new("id", Type.Text)], [new("at", Type.Number)]);
    private static readonly RowPut Lists = new("lists", [new("id", Type.Text)], [new("at", Type.Number)]);
    private static readonly Statement Savepoint = new("SAVEPOINT one", []);

    [Fact]
    public void Rows_of_a_table_become_one_statement_whatever_is_put_between_them()
    {
        var merged = Merge(Row(Documents, "a", 1), Row(Lists, "a", 1), Row(Documents, "b", 2), Row(Lists, "b", 2));

        Assert.Equal([Documents.Many, Lists.Many], merged.Select(statement => statement.Sql.Postgres));
        Assert.Equal(new string?[] { "a", "b" }, merged[0].Values[0].Content);
        Assert.Equal(new long?[] { 1, 2 }, merged[0].Values[1].Content);
    }

    [Fact]
    public void A_row_alone_stays_as_it_is()
    {
        Assert.Equal([Documents.One], Merge(Row(Documents, "a", 1)).Select(statement => statement.Sql.Postgres));
    }

    [Fact]
    public void Nothing_is_carried_over_another_statement()
    {
        var merged = Merge(Row(Documents, "a", 1), Row(Documents, "b", 2), Savepoint, Row(Documents, "c", 3));

        Assert.Equal(
            [Documents.Many, Savepoint.Sql.Postgres, Documents.One],
            merged.Select(statement => statement.Sql.Postgres)
        );
    }

    [Fact]
    public void Each_row_of_a_key_has_a_statement_of_its_own()
    {
        var merged = Merge(
            Row(Documents, "a", 1),
            Row(Documents, "b", 2),
            Row(Documents, "a", 3),
            Row(Documents, "a", 4)
        );

        Assert.Equal(
            [Documents.Many, Documents.One, Documents.One],
            merged.Select(statement => statement.Sql.Postgres)
        );
    }

    private static List<Statement> Merge(params Statement[] statements) => [.. RowPuts.Merge(statements)];

    private static Statement Row(RowPut put, string id, long at) => new(put.One, put.ValuesOf([id, at]), put);
}
