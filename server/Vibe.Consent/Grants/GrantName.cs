using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Grants;

/// <summary>The name of a grant, <c>spaces/{space}/grants/{grant}</c>.</summary>
internal readonly record struct GrantName(SpaceName Space, string Id)
{
    private const string Form = "'spaces/{space}/grants/{grant}'";

    /// <summary>Reads a name; <c>me</c> as the grant stands for the one that the caller's token names.</summary>
    /// <exception cref="VibeException">NAME_INVALID.</exception>
    public static GrantName Parse(string text, Caller caller) =>
        text.Split('/') is ["spaces", var space, "grants", var id] && Ids.IsId(space) && Ids.IsId(id)
            ? new GrantName(SpaceName.FromSegment(space, caller), id == "me" ? caller.Grant ?? id : id)
            : throw CallErrors.NameInvalid("name", text, Form);

    public override string ToString() => $"{Space}/grants/{Id}";
}
