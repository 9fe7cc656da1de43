using Google.Protobuf.WellKnownTypes;
using Vibe.Consent.Apps;
using Vibe.Consent.Policy;
using Vibe.Consent.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage;

namespace Vibe.Consent.Grants;

/// <summary>What a grant must be, by itself and beside the manifest that it quotes.</summary>
internal sealed class GrantRules(ManifestRules manifests, Limits limits)
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(180);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(400);

    /// <summary>Checks entries by themselves and gives them without anything that this version does not know.</summary>
    /// <exception cref="VibeException">FIELD_INVALID, PATH_INVALID, NAME_INVALID, TOO_MANY_ITEMS.</exception>
    public IReadOnlyList<GrantedAccess> CheckAccess(IReadOnlyList<GrantedAccess> access)
    {
        if (access.Count == 0)
            throw CallErrors.FieldInvalid("grant.access", "a grant has at least one entry.");
        if (access.Count > limits.AccessEntries)
            throw CallErrors.TooManyItems("grant.access", access.Count, limits.AccessEntries);
        var parser = GrantedAccess.Parser.WithDiscardUnknownFields(true);
        return [.. access.Select((entry, index) => parser.ParseFrom(Checked(entry, $"grant.access[{index}]")))];
    }

    /// <summary>Refuses entries that allow what the manifest does not ask for.</summary>
    /// <exception cref="VibeException">MANIFEST_EXCEEDED.</exception>
    public static void CheckCeiling(IReadOnlyList<GrantedAccess> access, string app, Manifest manifest)
    {
        for (var index = 0; index < access.Count; index++)
            if (access[index].Mode == AccessMode.Always && !IsWithin(access[index], manifest))
                throw GrantErrors.ManifestExceeded(app, $"grant.access[{index}]");
    }

    /// <summary>Gives the time at which a grant ends.</summary>
    /// <exception cref="VibeException">FIELD_INVALID: in the past, or too far away.</exception>
    public static long Expiry(Timestamp? asked, long now)
    {
        if (asked is null)
            return now + (long)DefaultLifetime.TotalMicroseconds;
        var latest = now + (long)MaxLifetime.TotalMicroseconds;
        var at = IsInstant(asked) ? Clock.ToMicroseconds(asked.ToDateTimeOffset()) : long.MaxValue;
        return at > now && at <= latest
            ? at
            : throw CallErrors.FieldInvalid("grant.expire_time", "expected a time after now, at most 400 days away.");
    }

    private static bool IsInstant(Timestamp time) =>
        time.Seconds is >= -62135596800 and <= 253402300799 && time.Nanos is >= 0 and <= 999_999_999;

    private byte[] Checked(GrantedAccess entry, string field)
    {
        manifests.CheckEntry(entry.Collection, entry.Operations, entry.Fields, field);
        if (entry.Mode is not (AccessMode.Always or AccessMode.Never))
            throw CallErrors.FieldInvalid($"{field}.mode", "say whether the entry allows (ALWAYS) or denies (NEVER).");
        if (entry is { Mode: AccessMode.Never, IncludeShared: true })
            throw CallErrors.FieldInvalid($"{field}.include_shared", "denying entries reach everywhere by themselves.");
        return Google.Protobuf.MessageExtensions.ToByteArray(entry);
    }

    private static bool IsWithin(GrantedAccess entry, Manifest manifest)
    {
        foreach (var operation in entry.Operations)
        {
            var asked = manifest
                .Access.Where(request =>
                    request.Collection == entry.Collection
                    && request.Operations.Contains(operation)
                    && (request.IncludeShared || !entry.IncludeShared)
                )
                .ToList();
            if (asked.Count == 0)
                return false;
            if (!Rights.HasMembers(operation) || entry.Fields is [MemberPointers.Every])
                continue;
            var ceiling = asked.Aggregate(
                MemberSet.None,
                (set, request) => set.Union(MemberPointers.Read(request.Fields))
            );
            if (!MemberPointers.Read(entry.Fields).Except(ceiling).IsNone)
                return false;
        }
        return true;
    }
}
