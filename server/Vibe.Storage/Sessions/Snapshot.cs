namespace Vibe.Storage.Sessions;

/// <summary>
/// One state of the database to read from: every statement sees the same commits. Decisions and the rows that they are
/// about are read in one of these.
/// </summary>
public sealed class Snapshot : Session
{
    internal Snapshot(OpenTransaction transaction)
        : base(transaction) { }
}
