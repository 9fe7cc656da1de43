using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>Lets rows that wait to be put into the same table go out as one statement, which costs a fraction.</summary>
internal static class RowPuts
{
    /// <summary>
    /// Puts the rows of each table together, up to the next statement that is something else. A second row of a key waits
    /// for the next statement, so that every state that a row had has been in the table.
    /// </summary>
    public static IEnumerable<Statement> Merge(IReadOnlyList<Statement> statements)
    {
        var waiting = new Dictionary<RowPut, (HashSet<string> Keys, List<Value[]> Rows)>();
        foreach (var statement in statements)
        {
            if (statement.Put is not { } put)
            {
                foreach (var (of, (_, rows)) in waiting)
                    yield return Of(of, rows);
                waiting.Clear();
                yield return statement;
                continue;
            }
            if (!waiting.TryGetValue(put, out var others))
                waiting[put] = others = ([], []);
            if (!others.Keys.Add(put.KeyOf(statement.Values)))
            {
                yield return Of(put, others.Rows);
                waiting[put] = others = ([put.KeyOf(statement.Values)], []);
            }
            others.Rows.Add(statement.Values);
        }
        foreach (var (put, (_, rows)) in waiting)
            yield return Of(put, rows);
    }

    private static Statement Of(RowPut put, List<Value[]> rows) =>
        rows is [var only] ? new Statement(put.One, only) : new Statement(put.Many, put.Turned(rows));
}
