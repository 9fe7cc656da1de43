using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Storage.Spaces;

/// <summary>The name of a space, <c>spaces/{space}</c>; its id is the suffix of the owner's DID.</summary>
public readonly record struct SpaceName(string Id)
{
    private const string Form = "'spaces/{space}', where the id is 'me' or has 1 to 64 characters of [A-Za-z0-9._~-]";

    /// <summary>The person whose space it is.</summary>
    public string Owner => Caller.DidPrefix + Id;

    /// <summary>The own space of the person that a caller acts for.</summary>
    public static SpaceName HomeOf(Caller caller) => new(caller.Home);

    /// <summary>Reads a name; <c>spaces/me</c> is the caller's own.</summary>
    /// <exception cref="VibeException">NAME_INVALID.</exception>
    public static SpaceName Parse(string text, string field, Caller caller) =>
        text.Split('/') is ["spaces", var id] && Ids.IsId(id)
            ? FromSegment(id, caller)
            : throw CallErrors.NameInvalid(field, text, Form);

    /// <summary>Takes a segment of a longer name for a space's id, <c>me</c> for the caller's own.</summary>
    public static SpaceName FromSegment(string id, Caller caller) => id == "me" ? HomeOf(caller) : new SpaceName(id);

    /// <summary>Gives the name as answers carry it.</summary>
    public override string ToString() => $"spaces/{Id}";
}
