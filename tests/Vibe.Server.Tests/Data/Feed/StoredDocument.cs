using Vibe.Data.Feed;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>A document of the model as the server keeps it: its present state, stamps and lists, no past states.</summary>
internal sealed class StoredDocument(int id, Create creation, Stamp stamp)
{
    private readonly List<(Stamp Stamp, AccessList List)> lists = [(stamp, creation.List)];
    private Stamp changed = stamp;
    private StampTable stamps = StampTable.Encode(creation.Content.ToDictionary(m => m.Key, _ => stamp));

    public int Id { get; } = id;

    public Dictionary<string, int> Content { get; } = new(creation.Content);

    public AccessList List => lists[^1].List;

    public long Revision => changed.Revision;

    public Stamp? Deleted { get; private set; }

    /// <summary>Says whether the operation changes anything; only then it takes a revision.</summary>
    public bool Changes(Operation operation) =>
        Deleted is null
        && operation switch
        {
            Write write => write.Changes.Any(Changes),
            Replace replace => replace.List != List,
            Delete => true,
            _ => false,
        };

    public void Apply(Operation operation, Stamp now)
    {
        changed = now;
        switch (operation)
        {
            case Write write:
                foreach (var (member, value) in write.Changes.Where(Changes).ToList())
                {
                    stamps = stamps.With(member, now);
                    if (value is { } set)
                    {
                        Content[member] = set;
                    }
                    else
                    {
                        Content.Remove(member);
                    }
                }

                break;
            case Replace replace:
                lists.Add((now, replace.List));
                break;
            case Delete:
                Deleted = now;
                Content.Clear();
                break;
        }
    }

    public StoredStamps When =>
        new()
        {
            Id = Id.ToString(),
            Changed = changed,
            Created = lists[0].Stamp,
            Deleted = Deleted,
            Members = stamps,
            ListChanged = lists[^1].Stamp,
        };

    public IReadOnlyList<ListStep> ListsFor(Reader reader) =>
        [.. lists.Select(l => new ListStep(l.Stamp, reader.IsIn(l.List), reader.SeesList(l.List)))];

    public string ShowTo(Reader reader) =>
        Text.Of(Content.Where(m => reader.Sees(m.Key))) + (reader.SeesList(List) ? List.ToString() : "");

    private bool Changes(KeyValuePair<string, int?> member) =>
        member.Value is { } value
            ? !Content.TryGetValue(member.Key, out var present) || present != value
            : Content.ContainsKey(member.Key);
}
