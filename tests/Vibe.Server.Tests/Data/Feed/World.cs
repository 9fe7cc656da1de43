namespace Vibe.Server.Tests.Data.Feed;

/// <summary>
/// A world in which a visible script comes true, among hidden work that chance decides. It writes down what the reader
/// was sent, without the numbers that a token would hide.
/// </summary>
internal sealed class World
{
    private readonly VisibleScript script;
    private readonly Random chance;
    private readonly StoredSpace space = new();
    private readonly Following client;
    private readonly List<string> transcript = [];
    private bool hiddenSincePull;

    private World(VisibleScript script, int seed, PlaceRule rule)
    {
        this.script = script;
        chance = new Random(seed);
        client = new Following(Reader, rule);
    }

    public IReadOnlyList<string> Transcript => transcript;

    /// <summary>Says that hidden work was committed between two reads.</summary>
    public bool HiddenBetweenReads { get; private set; }

    private Reader Reader => script.Reader;

    public static World Run(VisibleScript script, int seed, PlaceRule rule)
    {
        var world = new World(script, seed, rule);
        for (var i = 0; i < script.Steps.Length; i++)
        {
            world.DoHiddenWork(i);
            world.Do(script.Steps[i], i);
        }

        world.DoHiddenWork(script.Steps.Length);
        while (!world.Read(new Pull(2, 40, Lost: false)) && world.transcript.Count < 1_000)
        {
            world.DoHiddenWork(script.Steps.Length);
        }

        return world;
    }

    private void Do(Step step, int index)
    {
        var at = 1000L * (index + 1);
        switch (step)
        {
            case ComesIn comes:
                ComeIn(comes, index, at);
                break;
            case ListSeen seen:
                space.Apply(new Replace(seen.Document, seen.List ?? UnseenList()), at);
                break;
            case GoesOut goes:
                space.Apply(new Replace(goes.Document, ShuttingList()), at);
                break;
            case Write write:
                space.Apply(write with { Changes = write.Changes.Concat(HiddenChanges()).ToDictionary() }, at);
                break;
            case Delete delete:
                space.Apply(delete, at);
                break;
            case Restart:
                client.Restart();
                break;
            case Pull pull:
                Read(pull);
                break;
        }
    }

    private void ComeIn(ComesIn comes, int index, long at)
    {
        var id = comes.Document;
        var list = comes.List ?? UnseenList();
        if (space.Find(id) is null && (!Reader.Bound || chance.Next(2) == 0))
        {
            var hidden = HiddenChanges().Where(m => m.Value is not null).ToDictionary(m => m.Key, m => m.Value!.Value);
            space.Apply(new Create(id, comes.Content.Concat(hidden).ToDictionary(), list), at);
            return;
        }

        if (space.Find(id) is null)
        {
            Hide(new Create(id, AnyContent(), ShuttingList()), index);
        }

        var wanted = Feed
            .Reader.AllMembers.Where(Reader.Sees)
            .ToDictionary(m => m, m => comes.Content.TryGetValue(m, out var value) ? value : default(int?));
        Hide(new Write(id, wanted), index);
        space.Apply(new Replace(id, list), at);
    }

    private bool Read(Pull pull)
    {
        HiddenBetweenReads |= hiddenSincePull && transcript.Count > 0;
        hiddenSincePull = false;
        var page = client.Next(space, pull);
        var changes = page.Changes.Select(c =>
            c.Place.IsIn
                ? $"put {c.Item.Id} {c.Item.ShowTo(Reader)} came {c.Place.CameIn.At} updated {c.Place.At}"
                : $"removed {c.Item.Id} {c.Place.Removal}"
        );
        transcript.Add(string.Join("; ", changes) + (page.Exhausted ? "; checkpoint" : ""));
        return page.Exhausted;
    }

    private void DoHiddenWork(int index)
    {
        for (var n = chance.Next(4); n > 0; n--)
        {
            if (HiddenOperation(chance.Next(7), index) is { } operation)
            {
                Hide(operation, index);
            }
        }
    }

    private Operation? HiddenOperation(int id, int index)
    {
        var document = space.Find(id);
        if (document is null)
        {
            return Reader.Bound ? new Create(id, AnyContent(), ShuttingList()) : null;
        }

        if (document.Deleted is not null)
        {
            return null;
        }

        var choice = chance.Next(4);
        if (Reader.IsIn(document.List))
        {
            return choice == 0 && !Reader.SeesList(document.List)
                ? new Replace(id, UnseenList())
                : new Write(id, HiddenChanges());
        }

        return choice switch
        {
            0 when !script.ComesInAt(id, index) => new Delete(id),
            0 or 1 => new Replace(id, ShuttingList()),
            _ => new Write(id, AnyContent().ToDictionary(m => m.Key, m => m.Value < 3 ? default(int?) : m.Value)),
        };
    }

    private void Hide(Operation operation, int index) => hiddenSincePull |= space.Apply(operation, (1000L * index) + 1);

    private Dictionary<string, int?> HiddenChanges() =>
        Feed
            .Reader.AllMembers.Where(m => !Reader.Sees(m) && chance.Next(2) == 0)
            .ToDictionary(m => m, _ => chance.Next(3) == 0 ? default(int?) : chance.Next(10));

    private Dictionary<string, int> AnyContent() =>
        Feed.Reader.AllMembers.Where(_ => chance.Next(2) == 0).ToDictionary(m => m, _ => chance.Next(10));

    private AccessList ShuttingList() => new(Reads: false, Shares: chance.Next(2) == 0, chance.Next(3));

    private AccessList UnseenList() =>
        Reader.Bound
            ? new(Reads: true, Shares: !Reader.MayShare && chance.Next(2) == 0, chance.Next(3))
            : new(Reads: chance.Next(2) == 0, Shares: chance.Next(2) == 0, chance.Next(3));
}
