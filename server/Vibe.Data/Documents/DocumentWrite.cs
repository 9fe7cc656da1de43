using System.Text;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Hosting.Access;

namespace Vibe.Data.Documents;

/// <summary>One change that a caller asks for, read from the request and checked as far as that goes without any data.</summary>
internal abstract record DocumentWrite(DocumentName Name)
{
    /// <summary>The etag that the document must still have for the caller; <c>*</c> for any.</summary>
    public string IfMatch { get; init; } = "";

    /// <summary>The operation without which the change cannot be.</summary>
    public abstract Operation Operation { get; }

    /// <summary>Whether the change goes on when there is no such document.</summary>
    public virtual bool AllowMissing { get; init; }

    /// <summary>Whether the outcome tells something of the content, so that it takes the right to read it.</summary>
    public virtual bool NeedsReading => IfMatch.Length > 0;

    /// <summary>
    /// Refuses what the grant does not allow, from the request alone: nothing here depends on what exists.
    /// </summary>
    public virtual void Authorize(Permit permit)
    {
        permit.Require(Operation);
        if (IfMatch.Length > 0)
            permit.Require(Operation.Read);
    }

    /// <summary>What makes this the same change when it is asked for again.</summary>
    public abstract IEnumerable<byte[]> Identity { get; }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected byte[] Preamble(string? id = null) =>
        Bytes($"{Operation}\n{Name.Collection}\n{id ?? Name.Id}\n{IfMatch}\n{AllowMissing}");
}

/// <summary>Adds a document.</summary>
/// <param name="Name">Its name.</param>
/// <param name="AskedId">The id that the request gave; empty where the server chose it.</param>
/// <param name="Body">Its content.</param>
/// <param name="List">Its access list, where the request gave one.</param>
internal sealed record CreateDocument(DocumentName Name, string AskedId, DocumentBody Body, AccessList? List)
    : DocumentWrite(Name)
{
    public override Operation Operation => Operation.Create;

    public override void Authorize(Permit permit)
    {
        if (!permit.IsOwnersSide)
            throw DoorErrors.OwnerRequired(Name.Collection.Space.ToString());
        base.Authorize(permit);
        permit.RequireMembers(Operation.Create, Body.Members.Select(member => member.Name), Name.ToString());
        if (List is null)
            return;
        permit.Require(Operation.Share);
        permit.RequireGift(AccessList.Empty, List, Name.ToString());
    }

    public override IEnumerable<byte[]> Identity =>
        [Preamble(AskedId), Body.ToArray(), List is null ? [] : [1, .. List.Bytes]];
}

/// <summary>Changes members of a document.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">The new values.</param>
/// <param name="Paths">What to change.</param>
/// <param name="AskedPaths">The paths as they were written.</param>
internal sealed record UpdateDocument(
    DocumentName Name,
    DocumentBody Values,
    UpdatePaths Paths,
    IReadOnlyList<string> AskedPaths
) : DocumentWrite(Name)
{
    public override Operation Operation => Operation.Update;

    public override bool NeedsReading => base.NeedsReading || Paths.DeepFirstSegments.Count > 0;

    public override void Authorize(Permit permit)
    {
        if (AllowMissing && !permit.IsOwnersSide)
            throw DoorErrors.OwnerRequired(Name.Collection.Space.ToString());
        base.Authorize(permit);
        var resource = Name.ToString();
        permit.RequireMembers(Operation.Update, Paths.TopLevelMembers(Values), resource);
        permit.RequireMembers(Operation.Read, Paths.DeepFirstSegments, resource);
        if (!AllowMissing)
            return;
        permit.Require(Operation.Create);
        permit.RequireMembers(Operation.Create, Values.Members.Select(member => member.Name), resource);
    }

    public override IEnumerable<byte[]> Identity =>
        [Preamble(), Values.ToArray(), Bytes(string.Concat(AskedPaths.Select(path => $"{path.Length}:{path}")))];
}

/// <summary>Deletes a document.</summary>
internal sealed record DeleteDocument(DocumentName Name) : DocumentWrite(Name)
{
    public override Operation Operation => Operation.Delete;

    public override IEnumerable<byte[]> Identity => [Preamble()];
}

/// <summary>Replaces a document's access list.</summary>
internal sealed record SetDocumentAcl(DocumentName Name, AccessList List) : DocumentWrite(Name)
{
    public override Operation Operation => Operation.Share;

    public override IEnumerable<byte[]> Identity => [Preamble(), List.Bytes];
}
