namespace Vibe.Load.Generators;

/// <summary>How calls are in flight: so many connections, and on each so many streams.</summary>
internal sealed record Shape(int Connections, int Streams)
{
    public static readonly Shape One = new(1, 1);
    public static readonly Shape Some = new(4, 8);
    public static readonly Shape Many = new(16, 16);

    /// <summary>In an order in which both sides are compiled for good as soon as they can be.</summary>
    public static readonly IReadOnlyList<Shape> BusiestFirst = [Many, Some, One];

    public int InFlight => Connections * Streams;
}
