using Vibe.Access.V1;
using Vibe.Consent.V1;

namespace Vibe.Server.Tests.Consent.Policy;

/// <summary>Says of one operation on one member what the contract says, without a thought for speed.</summary>
internal static class NaiveRights
{
    public static bool Allows(
        string collection,
        bool isHome,
        IReadOnlyCollection<GrantedAccess> access,
        Manifest[] manifests,
        Operation operation,
        string member
    )
    {
        var hasMembers = operation is Operation.Read or Operation.Create or Operation.Update;
        foreach (var entry in access.Where(entry => entry.Mode == AccessMode.Never))
            if (entry.Collection == collection && entry.Operations.Contains(operation))
                if (!hasMembers || Names(entry.Fields, member))
                    return false;
        foreach (var manifest in manifests)
            if (
                !manifest.Access.Any(asked =>
                    asked.Collection == collection
                    && asked.Operations.Contains(operation)
                    && (isHome || asked.IncludeShared)
                    && (!hasMembers || Names(asked.Fields, member))
                )
            )
                return false;
        return access.Any(entry =>
            entry.Mode == AccessMode.Always
            && entry.Collection == collection
            && entry.Operations.Contains(operation)
            && (isHome || entry.IncludeShared)
            && (!hasMembers || Names(entry.Fields, member))
        );
    }

    private static bool Names(IReadOnlyList<string> fields, string member) =>
        fields is ["*"] || fields.Contains("/" + member.Replace("~", "~0").Replace("/", "~1"));
}
