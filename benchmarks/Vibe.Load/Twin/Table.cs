namespace Vibe.Load.Twin;

/// <summary>A body under its id.</summary>
internal sealed record Entry(string Id, byte[] Body);

/// <summary>The twin's one table.</summary>
internal abstract class Table
{
    /// <summary>How many commits are under way at once.</summary>
    public abstract int Writers { get; }

    /// <summary>Stores entries in one commit, which is on the disk when this returns.</summary>
    public abstract ValueTask CommitAsync(IReadOnlyCollection<Entry> entries);

    public abstract ValueTask<byte[]?> FindAsync(string id);

    public abstract ValueTask<long> CountAsync();

    /// <summary>Gives the entries that come after an id, in their order.</summary>
    public abstract ValueTask<List<Entry>> AfterAsync(string id, int most);
}
