using Vibe.Testing;

namespace Vibe.Load.Scenarios;

/// <summary>What was asked for.</summary>
internal sealed record BenchOptions
{
    public required Engine Engine { get; init; }

    /// <summary>How often each side is measured, in turn with the other.</summary>
    public required int Runs { get; init; }

    /// <summary>How long a run takes, about.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>Whether it is enough to show that everything works.</summary>
    public bool IsQuick { get; init; }

    /// <summary>The largest size, where it is measured how cost grows.</summary>
    public int Largest { get; init; } = int.MaxValue;

    /// <summary>The command that asked for it, without what is of this machine alone.</summary>
    public required string Command { get; init; }

    /// <summary>A server that runs already, instead of one that is started.</summary>
    public Uri? Address { get; init; }

    /// <summary>The tokens to call it with.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];
}
