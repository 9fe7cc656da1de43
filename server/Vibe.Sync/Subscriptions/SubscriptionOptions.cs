using System.ComponentModel.DataAnnotations;

namespace Vibe.Sync.Subscriptions;

/// <summary>How streams are kept; the defaults hold unless an operator changes them.</summary>
public sealed class SubscriptionOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe:Subscriptions";

    /// <summary>The longest silence on a stream.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long before its token a stream ends; never more than a quarter of what is left.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan TokenMargin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a frame may wait for a client that does not read.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After how long a frame that waits counts as stalled. Of stalled frames only so many may wait for the whole of
    /// <see cref="WriteTimeout"/>; the streams of the others end at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a first listing waits for its turn before it is refused.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ListingPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How many streams one grant holds open in this process.</summary>
    [Range(1, 100_000)]
    public int StreamsPerGrant { get; init; } = 32;

    /// <summary>How many streams one address holds open in this process.</summary>
    [Range(1, 100_000)]
    public int StreamsPerAddress { get; init; } = 256;

    /// <summary>How many streams of one grant list for the first time at once.</summary>
    [Range(1, 100_000)]
    public int ListingsPerGrant { get; init; } = 8;

    /// <summary>How many streams of one address list for the first time at once.</summary>
    [Range(1, 100_000)]
    public int ListingsPerAddress { get; init; } = 64;

    /// <summary>How many stalled frames of one grant are waited for at once.</summary>
    [Range(1, 100_000)]
    public int StalledPerGrant { get; init; } = 8;

    /// <summary>How many stalled frames of one address are waited for at once.</summary>
    [Range(1, 100_000)]
    public int StalledPerAddress { get; init; } = 64;
}
