using Vibe.Access.V1;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Consent.Policy;

/// <summary>What callers are told that may not. Each text is the same whether the resource exists or not.</summary>
public static class ConsentErrors
{
    /// <summary>No live grant allows the operation on the collection.</summary>
    public static VibeException NotGranted(Operation operation, string resource, Caller caller)
    {
        var metadata = new Dictionary<string, string>
        {
            ["operation"] = OperationSets.NameOf(operation),
            ["resource"] = resource,
        };
        if (caller.Grant is not null)
            metadata["grant"] = GrantOf(caller);
        return new VibeException(
            ErrorReason.NotGranted,
            $"{OperationSets.NameOf(operation)} on {resource} is not granted (or it might not exist).",
            metadata
        );
    }

    /// <summary>The grant that the token names was revoked.</summary>
    public static VibeException GrantRevoked(Caller caller) =>
        new(
            ErrorReason.GrantRevoked,
            "The person ended the grant. Delete what you hold by it.",
            new Dictionary<string, string> { ["grant"] = GrantOf(caller) }
        );

    /// <summary>The time of the grant that the token names ran out.</summary>
    public static VibeException GrantExpired(Caller caller) =>
        new(
            ErrorReason.GrantExpired,
            "The time of the grant ran out. Delete what you hold by it, and ask again.",
            new Dictionary<string, string> { ["grant"] = GrantOf(caller) }
        );

    internal static VibeException FieldNotGranted(Operation operation, string resource, string member) =>
        new(
            ErrorReason.FieldNotGranted,
            $"{OperationSets.NameOf(operation)} on the member {MemberPointers.Of(member)} is not granted.",
            new Dictionary<string, string>
            {
                ["operation"] = OperationSets.NameOf(operation),
                ["resource"] = resource,
                ["path"] = MemberPointers.Of(member),
            }
        );

    /// <summary>The caller sees the document, and its list does not allow the operation.</summary>
    public static VibeException AclDenied(Operation operation, string resource) =>
        new(
            ErrorReason.AclDenied,
            $"The document's access list does not allow {OperationSets.NameOf(operation)}.",
            new Dictionary<string, string> { ["operation"] = OperationSets.NameOf(operation), ["resource"] = resource }
        );

    private static string GrantOf(Caller caller) => $"spaces/{caller.Home}/grants/{caller.Grant}";
}
