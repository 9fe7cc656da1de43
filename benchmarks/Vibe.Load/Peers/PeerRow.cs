using Vibe.Load.Measures;

namespace Vibe.Load.Peers;

/// <summary>The figures of each run of one case on one system.</summary>
internal sealed record PeerRow
{
    public required string System { get; init; }

    /// <summary>Whether the system is Vibe, which the others stand next to.</summary>
    public required bool IsVibe { get; init; }

    public required string Case { get; init; }

    /// <summary>What is on the disk when a write is answered, or how those who follow are told.</summary>
    public required string How { get; init; }

    /// <summary>How many times as much Vibe is to do in the same time; nothing where nothing is wanted.</summary>
    public double? Goal { get; init; }

    public required IReadOnlyList<Sample> Runs { get; init; }
}
