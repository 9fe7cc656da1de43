namespace Vibe.Sync.Subscriptions;

/// <summary>How streams are kept; the defaults hold unless an operator changes them.</summary>
public sealed class SubscriptionOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe:Subscriptions";

    /// <summary>The longest silence on a stream.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long before its token a stream ends; never more than a quarter of what is left.</summary>
    public TimeSpan TokenMargin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a frame may wait for a client that does not read.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);
}
