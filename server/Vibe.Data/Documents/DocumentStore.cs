using System.Data.Common;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Hosting.Access;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using ColumnType = Vibe.Storage.Sessions.RowPut.ColumnType;

namespace Vibe.Data.Documents;

/// <summary>
/// The documents of all spaces. What is deleted stays as a stone with its place in the order, so that nobody who had it
/// misses that it went, and its id is never free again.
/// </summary>
internal sealed class DocumentStore
{
    private const string Columns = """
        document.id, document.revision, document.changed_at, document.content_revision, document.content_at,
        document.created_revision, document.created_at, document.deleted_revision, document.etag, document.stamps,
        document.access_list, document.list_revision, document.list_at, document.body
        """;

    private const string Whole = $"SELECT {Columns} FROM documents document";
    private const string ContentColumns = """
        document.id, document.created_revision, document.created_at, document.deleted_revision, document.etag,
        document.body
        """;
    private const string ContentAndListColumns =
        $"{ContentColumns}, document.revision, document.changed_at, document.access_list";
    private const string ContentAndList = $"SELECT {ContentAndListColumns} FROM documents document";
    private const string OfCollection = "document.space = @space AND document.collection = @collection";

    private static readonly string FromNewest = $"""
        FROM documents document WHERE {OfCollection} AND document.revision > @cursor
        ORDER BY document.revision LIMIT {NewestChanges.Most + 1}
        """;

    private static readonly Sql WholeByNames = Sql.ForEach(
        $"{Columns}, document.space, document.collection",
        ("documents", "document"),
        ["space", "collection", "id"],
        "@names"
    );

    private static readonly Sql ContentsByIds = Sql.ForEach(
        ContentAndListColumns,
        ("documents", "document"),
        OfCollection,
        "document.id",
        "@ids"
    );

    private static readonly string Newest = $"""
        SELECT {Columns.Replace(
            "document.body",
            $"CASE WHEN octet_length(document.body) <= {NewestChanges.MostBodyBytes} THEN document.body END"
        )}
        {FromNewest}
        """;

    private static readonly string ListsOfNewest = $"""
        SELECT list.id, list.revision, list.at, list.access_list FROM (SELECT document.id {FromNewest}) changed
        JOIN document_lists list ON list.space = @space AND list.collection = @collection AND list.id = changed.id
        ORDER BY list.id, list.revision
        """;

    private static readonly string WholeInOrder = $"{ContentAndList} {InOrderOf("revision")}";
    private static readonly string ContentsInOrder = $"""
        SELECT {ContentColumns}, document.content_revision, document.content_at FROM documents document
        {InOrderOf("content_revision")}
        """;

    private static readonly Sql StampsOfChanged = ByValues(
        $"""
        SELECT document.id, document.revision, document.changed_at, document.created_revision, document.created_at,
            document.deleted_revision, document.stamps, document.list_revision, document.list_at
        FROM documents document WHERE {OfCollection} AND document.revision > @cursor
        """
    );

    private static readonly Sql ListsOfChanged = ByValues(
        $"""
        SELECT list.id, list.revision, list.at, list.access_list
        FROM document_lists list
        JOIN documents document ON document.space = list.space AND document.collection = list.collection
            AND document.id = list.id
        WHERE {OfCollection} AND document.revision > @cursor
        ORDER BY list.id, list.revision
        """
    );

    // Put together once: the texts are longer than most documents.
    private static readonly Sql OneForPersons = One(ConsentPolicy.StandingOfPersons, "NULL");
    private static readonly Sql OneForApps = One(ConsentPolicy.StandingOfApps, "NULL");
    private static readonly Sql OneNotBeforeForPersons = One(
        ConsentPolicy.StandingOfPersons,
        SpaceHistory.MissingColumn
    );
    private static readonly Sql OneNotBeforeForApps = One(ConsentPolicy.StandingOfApps, SpaceHistory.MissingColumn);
    private const string FromOneOrNone = $"""
        FROM (SELECT 1 AS one) always LEFT JOIN documents document ON {OfCollection} AND document.id = @id
        """;

    private static readonly RowPut.Column[] Key =
    [
        new("space", ColumnType.Text),
        new("collection", ColumnType.Text),
        new("id", ColumnType.Text),
    ];

    private static readonly RowPut Documents = new(
        "documents",
        Key,
        [
            new("revision", ColumnType.Number),
            new("changed_at", ColumnType.Number),
            new("content_revision", ColumnType.Number),
            new("content_at", ColumnType.Number),
            new("deleted_revision", ColumnType.Number),
            new("body", ColumnType.Bytes),
            new("etag", ColumnType.Bytes),
            new("stamps", ColumnType.Bytes),
            new("access_list", ColumnType.Bytes),
            new("list_revision", ColumnType.Number),
            new("list_at", ColumnType.Number),
        ],
        new("created_revision", ColumnType.Number),
        new("created_at", ColumnType.Number)
    );

    private static readonly RowPut Lists = new(
        "document_lists",
        [.. Key, new("revision", ColumnType.Number)],
        [new("at", ColumnType.Number), new("access_list", ColumnType.Bytes)]
    );

    /// <summary>Finds a document, deleted ones included.</summary>
    public Task<StoredDocument?> FindAsync(Session session, DocumentName name, CancellationToken cancellation) =>
        session.FirstAsync(
            $"{Whole} WHERE {OfCollection} AND document.id = @id",
            row => Read(name.Collection, row),
            [.. In(name.Collection), ("@id", name.Id)],
            cancellation
        );

    /// <summary>
    /// Finds a document, where what the caller may do stands, and whether the space holds some moments, by one statement.
    /// </summary>
    public Task<(string? Standing, bool HoldsAll, StoredDocument? Found)> FindAsync(
        Session session,
        Caller caller,
        DocumentName name,
        IReadOnlyCollection<Moment> moments,
        CancellationToken cancellation
    )
    {
        Value[] values = [.. In(name.Collection), ("@id", name.Id), .. ConsentPolicy.WhatHolds(caller)];
        return session.FirstAsync<(string?, bool, StoredDocument?)>(
            (moments.Count > 0, caller.IsFirstParty) switch
            {
                (false, true) => OneForPersons,
                (false, false) => OneForApps,
                (true, true) => OneNotBeforeForPersons,
                (true, false) => OneNotBeforeForApps,
            },
            row => (row.TextOrNull(14), row.IsDBNull(15), row.IsDBNull(0) ? null : Read(name.Collection, row)),
            moments.Count > 0 ? [.. values, SpaceHistory.ValueOf(moments)] : values,
            cancellation
        );
    }

    /// <summary>Finds what documents hold, by their ids.</summary>
    public async Task<Dictionary<string, StoredContent>> FindAsync(
        Session session,
        CollectionName collection,
        IReadOnlyCollection<string> ids,
        CancellationToken cancellation
    )
    {
        var found = new Dictionary<string, StoredContent>(ids.Count, StringComparer.Ordinal);
        await foreach (
            var document in session.StreamAsync(
                ContentsByIds,
                row => ReadContentAndList(collection, row),
                [.. In(collection), ("@ids", ids.ToArray())],
                cancellation
            )
        )
            found.Add(document.Name.Id, document);
        return found;
    }

    /// <summary>Finds documents by their names, deleted ones included, for works that know them before their turns.</summary>
    public BatchLookup<DocumentName, StoredDocument> Lookup { get; } = new DocumentLookup();

    /// <summary>Gives the documents of a collection that exist, by their ids, from behind one on.</summary>
    public IAsyncEnumerable<StoredDocument> ByIdAsync(
        Session session,
        CollectionName collection,
        string after,
        int limit,
        CancellationToken cancellation
    ) =>
        session.StreamAsync(
            $"""
            {Whole} WHERE {OfCollection} AND document.id > @after AND document.deleted_revision IS NULL
            ORDER BY document.id LIMIT @limit
            """,
            row => Read(collection, row),
            [.. In(collection), ("@after", after), ("@limit", limit)],
            cancellation
        );

    /// <summary>
    /// Gives what changed behind a place and when, deleted documents included unless they went before its snapshot began.
    /// </summary>
    /// <param name="session">The state to read from.</param>
    /// <param name="collection">The collection.</param>
    /// <param name="position">The place.</param>
    /// <param name="isWhole">Whether for those who see lists as well; else for those who see contents alone.</param>
    /// <param name="limit">How many it gives at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public IAsyncEnumerable<(StoredContent Document, Stamp Changed)> InOrderAsync(
        Session session,
        CollectionName collection,
        FeedPosition position,
        bool isWhole,
        int limit,
        CancellationToken cancellation
    ) =>
        session.StreamAsync(
            isWhole ? WholeInOrder : ContentsInOrder,
            row =>
            {
                var document = isWhole
                    ? ReadContentAndList(collection, row)
                    : ReadContent(collection, row, AccessList.Empty);
                return (document, new Stamp(row.GetInt64(6), row.GetInt64(7)));
            },
            [
                .. In(collection),
                ("@cursor", position.Cursor),
                ("@snapshotFrom", position.SnapshotFrom),
                ("@limit", limit),
            ],
            cancellation
        );

    /// <summary>Asks for what changed behind a cursor, where that is little, and for its access lists where those are needed.</summary>
    public static (IReadOnlyList<Ask> Asks, NewestChanges Answer) AskNewest(
        CollectionName collection,
        long cursor,
        bool withLists
    )
    {
        var newest = new NewestChanges { Lists = withLists ? new(StringComparer.Ordinal) : null };
        Value[] values = [.. In(collection), ("@cursor", cursor)];
        var documents = new Ask(Newest, values, row => newest.Add(Read(collection, row), hasBody: !row.IsDBNull(13)));
        if (newest.Lists is not { } lists)
            return ([documents], newest);
        return ([documents, new Ask(ListsOfNewest, values, row => Add(lists, ReadList(row)))], newest);
    }

    /// <summary>Gives the stamps of all that changed behind a cursor, in no order.</summary>
    public IAsyncEnumerable<StoredStamps> ChangedAsync(
        Session session,
        CollectionName collection,
        long cursor,
        CancellationToken cancellation
    ) => session.StreamAsync(StampsOfChanged, ReadStamps, [.. In(collection), ("@cursor", cursor)], cancellation);

    /// <summary>Gives the access lists that the documents changed behind a cursor ever had, in their order.</summary>
    public async Task<Dictionary<string, List<(Stamp Stamp, AccessList List)>>> ListsOfChangedAsync(
        Session session,
        CollectionName collection,
        long cursor,
        CancellationToken cancellation
    )
    {
        var lists = new Dictionary<string, List<(Stamp, AccessList)>>(StringComparer.Ordinal);
        Value[] values = [.. In(collection), ("@cursor", cursor)];
        await foreach (var list in session.StreamAsync(ListsOfChanged, ReadList, values, cancellation))
            Add(lists, list);
        return lists;
    }

    private static void Add(
        Dictionary<string, List<(Stamp, AccessList)>> lists,
        (string Id, Stamp Stamp, AccessList List) list
    )
    {
        if (!lists.TryGetValue(list.Id, out var ofDocument))
            lists.Add(list.Id, ofDocument = []);
        ofDocument.Add((list.Stamp, list.List));
    }

    /// <summary>Gives the access lists that a document ever had, in their order.</summary>
    public async Task<IReadOnlyList<(Stamp Stamp, AccessList List)>> ListsAsync(
        Session session,
        DocumentName name,
        CancellationToken cancellation
    )
    {
        var lists = await session.ListAsync(
            $"""
            SELECT document.id, document.revision, document.at, document.access_list FROM document_lists document
            WHERE {OfCollection} AND document.id = @id ORDER BY document.revision
            """,
            ReadList,
            [.. In(name.Collection), ("@id", name.Id)],
            cancellation
        );
        return [.. lists.Select(list => (list.Stamp, list.List))];
    }

    /// <summary>Gives the id of the next collection that holds a document, by their ids.</summary>
    public Task<string?> NextCollectionAsync(
        Session session,
        SpaceName space,
        string after,
        CancellationToken cancellation
    ) =>
        session.FirstAsync(
            """
            SELECT collection FROM documents
            WHERE space = @space AND collection > @after AND deleted_revision IS NULL
            ORDER BY collection LIMIT 1
            """,
            row => row.GetString(0),
            [("@space", space.Id), ("@after", after)],
            cancellation
        );

    /// <summary>Writes a document as it is after a change.</summary>
    public void Put(Turn turn, StoredDocument document)
    {
        turn.Foresight.Forget(Lookup.For(document.Name));
        turn.Write.Defer(
            Documents,
            document.Name.Collection.Space.Id,
            document.Name.Collection.Id,
            document.Name.Id,
            document.Changed.Revision,
            document.Changed.At,
            document.Content.Revision,
            document.Content.At,
            document.Deleted?.Revision,
            document.Body.ToArray(),
            document.Etag,
            document.Stamps.Encoded.ToArray(),
            document.List.IsEmpty ? null : document.List.Bytes,
            document.ListChanged.Revision,
            document.ListChanged.At,
            document.Created.Revision,
            document.Created.At
        );
        if (
            document.ListChanged == document.Changed
            && (document.Created != document.Changed || !document.List.IsEmpty)
        )
            KeepList(turn, document);
    }

    private static void KeepList(Turn turn, StoredDocument document) =>
        turn.Write.Defer(
            Lists,
            document.Name.Collection.Space.Id,
            document.Name.Collection.Id,
            document.Name.Id,
            document.ListChanged.Revision,
            document.ListChanged.At,
            document.List.Bytes
        );

    private static string InOrderOf(string order) =>
        $"""
            WHERE {OfCollection} AND document.{order} > @cursor
                AND (document.deleted_revision IS NULL OR document.deleted_revision > @snapshotFrom)
            ORDER BY document.{order} LIMIT @limit
            """;

    private static Sql One(string standing, Sql missing) =>
        Sql.Of($"SELECT {Columns}, {standing}, ", missing, $" {FromOneOrNone}");

    private static Sql ByValues(string text) => new(text, text) { DependsOnValues = true };

    private static Value[] In(CollectionName collection) =>
        [("@space", collection.Space.Id), ("@collection", collection.Id)];

    private static StoredDocument Read(CollectionName collection, DbDataReader row) =>
        new()
        {
            Name = new DocumentName(collection, row.GetString(0)),
            Changed = new Stamp(row.GetInt64(1), row.GetInt64(2)),
            Content = new Stamp(row.GetInt64(3), row.GetInt64(4)),
            Created = new Stamp(row.GetInt64(5), row.GetInt64(6)),
            Deleted = row.LongOrNull(7) is { } deleted ? new Stamp(deleted, row.GetInt64(2)) : null,
            Etag = row.Bytes(8),
            Stamps = new StampTable(row.Bytes(9)),
            List = AccessList.FromStored(row.BytesOrNull(10)),
            ListChanged = new Stamp(row.GetInt64(11), row.GetInt64(12)),
            Body = row.BytesOrNull(13),
        };

    // A deletion is the last change of any kind and of the content, so the time of either is its own.
    private static StoredContent ReadContent(CollectionName collection, DbDataReader row, AccessList list) =>
        new()
        {
            Name = new DocumentName(collection, row.GetString(0)),
            Created = new Stamp(row.GetInt64(1), row.GetInt64(2)),
            Deleted = row.LongOrNull(3) is { } deleted ? new Stamp(deleted, row.GetInt64(7)) : null,
            Etag = row.Bytes(4),
            Body = row.Bytes(5),
            List = list,
        };

    private static StoredContent ReadContentAndList(CollectionName collection, DbDataReader row) =>
        ReadContent(collection, row, AccessList.FromStored(row.BytesOrNull(8)));

    private static StoredStamps ReadStamps(DbDataReader row) =>
        new()
        {
            Id = row.GetString(0),
            Changed = new Stamp(row.GetInt64(1), row.GetInt64(2)),
            Created = new Stamp(row.GetInt64(3), row.GetInt64(4)),
            Deleted = row.LongOrNull(5) is { } deleted ? new Stamp(deleted, row.GetInt64(2)) : null,
            Members = new StampTable(row.Bytes(6)),
            ListChanged = new Stamp(row.GetInt64(7), row.GetInt64(8)),
        };

    private static (string Id, Stamp Stamp, AccessList List) ReadList(DbDataReader row) =>
        (row.GetString(0), new Stamp(row.GetInt64(1), row.GetInt64(2)), AccessList.FromStored(row.Bytes(3)));

    private sealed class DocumentLookup : BatchLookup<DocumentName, StoredDocument>
    {
        protected override IEnumerable<Ask> AsksFor(
            IReadOnlyList<DocumentName> keys,
            Action<DocumentName, StoredDocument> found
        ) =>
            [
                new Ask(
                    WholeByNames,
                    [("@names", keys.Select(ColumnsOf).ToArray())],
                    row =>
                    {
                        var space = new SpaceName(row.GetString(14));
                        var document = Read(new CollectionName(space, row.GetString(15)), row);
                        found(document.Name, document);
                    }
                ),
            ];

        private static string[] ColumnsOf(DocumentName name) => [name.Collection.Space.Id, name.Collection.Id, name.Id];
    }
}
