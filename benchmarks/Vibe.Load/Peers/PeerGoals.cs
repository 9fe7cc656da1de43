namespace Vibe.Load.Peers;

/// <summary>How many times as much Vibe is to do in the same time, where something is wanted.</summary>
internal sealed record PeerGoals
{
    public double? Writes { get; init; }
    public double? Reads { get; init; }
    public double? CatchUp { get; init; }
    public double? FanOut { get; init; }
}
