using Vibe.Load.Generators;

namespace Vibe.Load.Servers;

/// <summary>Where documents are written and read on one side, and the calls that do it.</summary>
internal abstract class Place
{
    /// <summary>Tells places apart that do not share what they hold.</summary>
    public abstract string Space { get; }

    /// <summary>Creates a document of 1 KiB, under an id that the server chooses.</summary>
    public abstract Call Create { get; }

    /// <summary>Creates several documents in one commit.</summary>
    public abstract Call CreateMany(int documents);

    /// <summary>Creates a document, and gives the call that reads it.</summary>
    public abstract Task<Call> StoreAsync(CancellationToken cancellation);

    /// <summary>Counts what is there.</summary>
    public abstract Task<long> CountAsync(CancellationToken cancellation);
}
