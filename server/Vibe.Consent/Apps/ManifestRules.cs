using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Consent.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Apps;

/// <summary>What a manifest must be to be shown to people and to bound a grant.</summary>
internal sealed class ManifestRules(Limits limits)
{
    private const int MaxDisplayName = 60;
    private const int MaxDescription = 300;
    private const int MaxPurpose = 200;

    /// <summary>Checks a manifest and gives it without anything that this version does not know.</summary>
    /// <exception cref="VibeException">FIELD_INVALID, PATH_INVALID, NAME_INVALID, TOO_MANY_ITEMS.</exception>
    public Manifest Check(Manifest? manifest)
    {
        const string field = "app.manifest";
        if (manifest is null)
            throw CallErrors.FieldInvalid(field, "it is required.");
        CheckText(manifest.DisplayName, 1, MaxDisplayName, $"{field}.display_name");
        CheckText(manifest.Description, 0, MaxDescription, $"{field}.description");
        if (manifest.Access.Count > limits.AccessEntries)
            throw CallErrors.TooManyItems($"{field}.access", manifest.Access.Count, limits.AccessEntries);
        if (manifest.Access.Count == 0)
            throw CallErrors.FieldInvalid($"{field}.access", "an app asks for at least one thing.");
        for (var index = 0; index < manifest.Access.Count; index++)
            Check(manifest.Access[index], $"{field}.access[{index}]");
        return Manifest
            .Parser.WithDiscardUnknownFields(true)
            .ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(manifest));
    }

    /// <summary>Checks the collection, operations and members of an entry of a manifest or a grant.</summary>
    /// <exception cref="VibeException">FIELD_INVALID, PATH_INVALID, NAME_INVALID, TOO_MANY_ITEMS.</exception>
    public void CheckEntry(
        string collection,
        IReadOnlyList<Operation> operations,
        IReadOnlyList<string> fields,
        string field
    )
    {
        if (!Ids.IsId(collection))
            throw CallErrors.NameInvalid($"{field}.collection", collection, "1 to 64 characters of [A-Za-z0-9._~-]");
        if (operations.Count == 0 || operations.Any(operation => !OperationSets.Known.Contains(operation)))
            throw CallErrors.FieldInvalid(
                $"{field}.operations",
                "expected at least one of READ, CREATE, UPDATE, DELETE, SHARE."
            );
        MemberPointers.Check(fields, operations.Any(Rights.HasMembers), limits.EntryMembers, $"{field}.fields");
    }

    private void Check(RequestedAccess entry, string field)
    {
        CheckEntry(entry.Collection, entry.Operations, entry.Fields, field);
        CheckText(entry.Purpose, 1, MaxPurpose, $"{field}.purpose");
    }

    private static void CheckText(string text, int least, int most, string field)
    {
        if (text.Length < least || text.Length > most)
            throw CallErrors.FieldInvalid(field, $"expected {least} to {most} characters.");
        if (text.Any(char.IsControl))
            throw CallErrors.FieldInvalid(field, "control characters cannot be shown to people.");
    }
}
