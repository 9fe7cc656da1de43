using System.Security.Cryptography;

namespace Vibe.Identity.Accounts;

/// <summary>The first operation of an account's log and the DID that follows from it.</summary>
internal sealed record Genesis(DidOperation Operation, string Did, string Suffix)
{
    /// <summary>
    /// Makes an identity with one rotation key, which signs it, and the account's key <c>vibe</c>. It names no handle
    /// and no server: the log is public for ever.
    /// </summary>
    public static Genesis Create(ECDsa rotationKey, ECDsa vibeKey)
    {
        var operation = DidOperation
            .Create(
                rotationKeys: [DidKey.Of(rotationKey)],
                verificationMethods: new Dictionary<string, string> { ["vibe"] = DidKey.Of(vibeKey) },
                alsoKnownAs: [],
                services: new Dictionary<string, DidService>(),
                prev: null
            )
            .Sign(rotationKey);
        return new Genesis(operation, "did:vibe:" + operation.Suffix, operation.Suffix);
    }
}
