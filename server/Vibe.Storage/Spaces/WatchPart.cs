using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Rows that a module raises signals for. They are looked at twice a second for those who wait, in case a signal is lost.
/// </summary>
/// <param name="Prefix">What the keys of the signals begin with; the row's id is the rest.</param>
/// <param name="Table">The table that holds the rows, by <c>id</c>.</param>
/// <param name="State">What in a row moves when the signal is raised, as an expression that gives text.</param>
public sealed record WatchPart(string Prefix, string Table, string State)
{
    internal Value[] IdsAmong(IEnumerable<string> keys, string parameter) =>
        [.. keys.Where(IsMine).Select((key, index) => new Value($"{parameter}{index}", key[Prefix.Length..]))];

    internal string Select(IEnumerable<Value> ids) =>
        $"SELECT '{Prefix}' || id, {State} FROM {Table} WHERE id IN ({string.Join(", ", ids.Select(id => id.Name))})";

    // An id holds no slash, so a key is of the part whose prefix is all before it.
    private bool IsMine(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key.IndexOf('/', Prefix.Length) < 0;
}
