namespace Vibe.Identity.Accounts;

/// <summary>What an operation does.</summary>
internal enum DidOperationKind
{
    /// <summary>States the whole of an identity, from the first on or anew.</summary>
    Operation,

    /// <summary>Ends an identity.</summary>
    Tombstone,

    /// <summary>States an identity in the form that did:plc logs of 2022 begin with.</summary>
    LegacyCreate,
}
