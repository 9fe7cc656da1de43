using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Policy;

/// <summary>The name of a collection, <c>spaces/{space}/collections/{collection}</c>: what permits are about.</summary>
public readonly record struct CollectionName(SpaceName Space, string Id)
{
    private const string Form =
        "'spaces/{space}/collections/{collection}' with ids of 1 to 64 characters of [A-Za-z0-9._~-]";

    /// <summary>Reads a name.</summary>
    /// <exception cref="VibeException">NAME_INVALID.</exception>
    public static CollectionName Parse(string text, string field, Caller caller) =>
        text.Split('/') is ["spaces", var space, "collections", var id] && Ids.IsId(space) && Ids.IsId(id)
            ? new CollectionName(SpaceName.FromSegment(space, caller), id)
            : throw CallErrors.NameInvalid(field, text, Form);

    /// <summary>Gives the name as answers carry it.</summary>
    public override string ToString() => $"{Space}/collections/{Id}";
}
