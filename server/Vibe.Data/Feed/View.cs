using Vibe.Consent.Policy;
using Vibe.Data.Documents;

namespace Vibe.Data.Feed;

/// <summary>One caller's view of a collection, and the place of documents in it.</summary>
internal sealed class View(Permit permit)
{
    public Permit Permit { get; } = permit;

    /// <summary>Whether access lists decide what is in the view; then their history is needed.</summary>
    public bool IsBoundByLists => !Permit.IsOwnersSide;

    /// <summary>Whether every change of a document is a change in the view.</summary>
    public bool IsWhole => HoldsAllContent && Permit.Allows(Vibe.Access.V1.Operation.Share);

    /// <summary>Whether the changes of content are the changes in the view.</summary>
    public bool IsAllContent => HoldsAllContent && !Permit.Allows(Vibe.Access.V1.Operation.Share);

    private bool HoldsAllContent => Permit.IsOwnersSide && Permit.Readable.IsAll;

    /// <summary>Gives the place of a document where it is that of one of its changes, as in a view of all content.</summary>
    /// <param name="stored">The document.</param>
    /// <param name="changed">The last change that is one in the view.</param>
    public static ViewPlace PlaceAt(StoredContent stored, Stamp changed) =>
        new(
            changed.Revision,
            changed.At,
            stored.Exists,
            stored.Created,
            stored.Exists ? RemovalKind.None : RemovalKind.Deleted
        );

    /// <summary>Finds the place of a document.</summary>
    /// <param name="stored">The document.</param>
    /// <param name="lists">Its access lists from the first on, where lists bind the view.</param>
    public ViewPlace? Place(StoredDocument stored, IReadOnlyList<(Stamp Stamp, AccessList List)>? lists) =>
        IsWhole ? PlaceAt(stored, stored.Changed)
        : IsAllContent ? PlaceAt(stored, stored.Content)
        : Place(stored.When, lists);

    /// <summary>Finds the place of a document by its stamps.</summary>
    public ViewPlace? Place(StoredStamps stored, IReadOnlyList<(Stamp Stamp, AccessList List)>? lists)
    {
        IReadOnlyList<ListStep> steps = IsBoundByLists ? Evaluate(lists ?? []) : StepsOfOwnersSide(stored);
        return ViewOrder.Place(stored, steps, Permit.Readable.Contains);
    }

    private IReadOnlyList<ListStep> Evaluate(IReadOnlyList<(Stamp Stamp, AccessList List)> lists) =>
        [.. lists.Select(step => new ListStep(step.Stamp, Permit.Sees(step.List), Permit.SeesList(step.List)))];

    // Whom no list binds is in from the creation on; of the list's changes the last one alone can be the newest.
    private ListStep[] StepsOfOwnersSide(StoredStamps stored)
    {
        var shares = Permit.Allows(Vibe.Access.V1.Operation.Share);
        var created = new ListStep(stored.Created, true, shares);
        return stored.ListChanged == stored.Created
            ? [created]
            : [created, new ListStep(stored.ListChanged, true, shares)];
    }
}
