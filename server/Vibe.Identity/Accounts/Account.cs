using Google.Protobuf.WellKnownTypes;
using Vibe.Hosting.Access;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Identity.Accounts;

/// <summary>A person.</summary>
/// <param name="Id">The suffix of the person's DID, which names account and space too.</param>
/// <param name="DisplayName">The name that the person wants to be called by.</param>
/// <param name="CreatedAt">When the account was made, in microseconds since the Unix epoch.</param>
public sealed record Account(string Id, string DisplayName, long CreatedAt)
{
    /// <summary>The person's decentralised identifier.</summary>
    public string Did => Caller.DidPrefix + Id;

    /// <summary>The person's own space.</summary>
    public SpaceName Space => new(Id);

    /// <summary>The name of the account, <c>accounts/{account}</c>.</summary>
    public string Name => $"accounts/{Id}";

    /// <summary>Shows the account to a caller; an app is not told how the person wants to be called.</summary>
    internal V1.Account ToWire(Caller caller) =>
        new()
        {
            Name = Name,
            Did = Did,
            Space = Space.ToString(),
            DisplayName = caller.IsFirstParty ? DisplayName : "",
            CreateTime = Timestamp.FromDateTimeOffset(Clock.FromMicroseconds(CreatedAt)),
        };
}
