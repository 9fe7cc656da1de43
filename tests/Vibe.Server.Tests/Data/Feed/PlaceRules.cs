using Vibe.Data.Feed;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>How a document finds its place in a reader's view: the product's rule, or a shortcut that must fail.</summary>
internal delegate ViewPlace? PlaceRule(StoredDocument document, Reader reader);

internal static class PlaceRules
{
    public static ViewPlace? Product(StoredDocument document, Reader reader) =>
        ViewOrder.Place(document.When, document.ListsFor(reader), reader.Sees);

    public static ViewPlace? HiddenStampsCounted(StoredDocument document, Reader reader) =>
        ViewOrder.Place(document.When, document.ListsFor(reader), _ => true);

    public static ViewPlace? OrderedByRawRevision(StoredDocument document, Reader reader) =>
        Product(document, reader) is { } place ? place with { Revision = document.Revision } : null;

    public static ViewPlace? EveryListChangeCounted(StoredDocument document, Reader reader)
    {
        var lastList = document.When.ListChanged;
        return Product(document, reader) is { } place
            ? lastList.Revision > place.Revision
                ? place with
                {
                    Revision = lastList.Revision,
                    At = lastList.At,
                }
                : place
            : null;
    }

    public static ViewPlace? RemovedMembersStampDropped(StoredDocument document, Reader reader) =>
        ViewOrder.Place(
            document.When,
            document.ListsFor(reader),
            m => reader.Sees(m) && document.Content.ContainsKey(m)
        );

    public static ViewPlace? DeletionOutOfSightAnnounced(StoredDocument document, Reader reader) =>
        document.Deleted is { } deleted
            ? Announced(Product(document, reader) ?? default, deleted)
            : Product(document, reader);

    /// <summary>Announced only to readers who once could read the document: the shortcut at its most plausible.</summary>
    public static ViewPlace? DeletionOutOfSightAnnouncedToFormerReaders(StoredDocument document, Reader reader) =>
        document.Deleted is { } deleted && Product(document, reader) is { } place
            ? Announced(place, deleted)
            : Product(document, reader);

    private static ViewPlace Announced(ViewPlace place, Stamp deleted) =>
        place with
        {
            Revision = deleted.Revision,
            At = deleted.At,
            Removal = RemovalKind.Deleted,
        };
}
