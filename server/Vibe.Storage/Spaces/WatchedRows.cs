namespace Vibe.Storage.Spaces;

/// <summary>Rows that somebody may wait for.</summary>
/// <param name="Prefix">What stands before a row's id in its key.</param>
/// <param name="Table">The table; its key is <c>id</c>.</param>
/// <param name="Version">A text in SQL that is another one once the row has moved.</param>
public sealed record WatchedRows(string Prefix, string Table, string Version);
