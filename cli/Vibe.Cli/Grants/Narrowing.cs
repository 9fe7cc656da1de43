using Vibe.Access.V1;
using Vibe.Consent.V1;

namespace Vibe.Cli.Grants;

/// <summary>Takes away from what a grant allows, and adds nothing.</summary>
internal static class Narrowing
{
    private const string All = "*";

    /// <summary>Gives what is left when of one collection no more is kept than these operations and members.</summary>
    public static IReadOnlyList<GrantedAccess> Of(
        IEnumerable<GrantedAccess> access,
        string collection,
        IReadOnlyList<Operation>? operations,
        IReadOnlyList<string>? fields
    ) =>
        [
            .. access
                .Select(entry =>
                    entry.Collection == collection && entry.Mode == AccessMode.Always
                        ? Kept(entry, operations, fields)
                        : entry
                )
                .OfType<GrantedAccess>(),
        ];

    private static GrantedAccess? Kept(
        GrantedAccess entry,
        IReadOnlyList<Operation>? operations,
        IReadOnlyList<string>? fields
    )
    {
        var kept = entry.Clone();
        if (operations is not null)
            Keep(kept.Operations, operations.Contains);
        if (fields is not null && kept.Fields.Contains(All))
        {
            kept.Fields.Clear();
            kept.Fields.Add(fields);
        }
        else if (fields is not null && !fields.Contains(All))
            Keep(kept.Fields, fields.Contains);
        if (!AccessText.HasMembers(kept.Operations))
            kept.Fields.Clear();
        else if (kept.Fields.Count == 0)
            Keep(kept.Operations, operation => !AccessText.HasMembers([operation]));
        return kept.Operations.Count == 0 ? null : kept;
    }

    private static void Keep<T>(IList<T> list, Func<T, bool> wanted)
    {
        for (var index = list.Count - 1; index >= 0; index--)
            if (!wanted(list[index]))
                list.RemoveAt(index);
    }
}
