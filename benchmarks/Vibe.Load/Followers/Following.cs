using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>What a message tells a follower.</summary>
internal readonly ref struct Delivery
{
    /// <summary>How many documents it brings.</summary>
    public int Documents { get; init; }

    /// <summary>Whether the follower has everything with it.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Whether the server says with it that it sends no more.</summary>
    public bool IsEnd { get; init; }

    /// <summary>What to go on with another time, where it says.</summary>
    public ReadOnlySpan<byte> ResumeToken { get; init; }
}

/// <summary>Looks through a message.</summary>
internal delegate Delivery DeliveryReader(ReadOnlySpan<byte> message);

/// <summary>A way to follow the documents of a place.</summary>
/// <param name="Call">The call that opens the stream.</param>
/// <param name="Read">How its messages are read.</param>
internal sealed record Following(Call Call, DeliveryReader Read);
