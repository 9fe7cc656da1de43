namespace Vibe.Storage.Sessions;

/// <summary>
/// Reads with one statement, which sees one state of the database by itself and needs no transaction around it. A second
/// statement may see another.
/// </summary>
public sealed class Glance : Session
{
    internal Glance(OpenTransaction transaction)
        : base(transaction) { }
}
