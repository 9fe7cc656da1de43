namespace Vibe.Durability;

/// <summary>What becomes, in a loss of power, of what was written and not yet synced.</summary>
internal enum Loss
{
    /// <summary>All of it is gone.</summary>
    Everything,

    /// <summary>Nothing is gone, as when the process alone dies.</summary>
    Nothing,

    /// <summary>Each call to the kernel took effect or did not, whatever came before it.</summary>
    SomeCalls,

    /// <summary>Each page of 4 KiB reached the disk or did not.</summary>
    SomePages,

    /// <summary>Each sector of 512 bytes reached the disk or did not.</summary>
    SomeSectors,
}

/// <summary>
/// A disk on which a recording is played: it knows what is safe at each moment, and makes the folder that a loss of power
/// at that moment may leave behind. A write is safe once a sync of its file that began after it has ended; a new or removed
/// file, once its folder was synced so.
/// </summary>
internal sealed class Disk
{
    private readonly string _folder;
    private readonly Dictionary<string, byte[]> _files;
    private readonly HashSet<string> _names;
    private readonly Queue<(int At, Event Event, bool IsEnd)> _coming;
    private readonly List<Event> _unsafe = [];

    /// <summary>Begins with the files of a folder, all of them safe.</summary>
    public Disk(string folder, IReadOnlyDictionary<string, byte[]> files, IEnumerable<Event> events)
    {
        _folder = folder;
        _files = new Dictionary<string, byte[]>(files);
        _names = [.. files.Keys];
        var moments = events
            .Where(each => each is not Said)
            .Select(each =>
                each is Synced
                    ? (At: each.Ended, Event: each, IsEnd: true)
                    : (At: each.Began, Event: each, IsEnd: false)
            );
        _coming = new Queue<(int, Event, bool)>(moments.OrderBy(moment => moment.At));
    }

    /// <summary>How many calls are not safe.</summary>
    public int Unsafe => _unsafe.Count;

    /// <summary>Plays the recording up to a place in it, that included.</summary>
    public void PlayTo(int place)
    {
        while (_coming.TryPeek(out var next) && next.At <= place)
        {
            _coming.Dequeue();
            if (next.Event is Synced sync)
                Keep(sync);
            else
                _unsafe.Add(next.Event);
        }
    }

    /// <summary>Makes the folder that a loss of power at this moment leaves behind.</summary>
    public void LoseInto(string target, Loss loss, Random random)
    {
        var files = _files.ToDictionary(file => file.Key, file => file.Value.ToArray());
        var names = _names.ToHashSet();
        foreach (var each in _unsafe)
        foreach (var survivor in Survivors(each, loss, random))
            Apply(survivor, files, names);
        foreach (var name in names)
            File.WriteAllBytes(Path.Combine(target, Path.GetFileName(name)), files.GetValueOrDefault(name, []));
    }

    private void Keep(Synced sync)
    {
        var safe = _unsafe
            .Where(each => each.Ended < sync.Began)
            .Where(each => each is Created or Removed ? sync.Path == _folder : sync.Path == each.Path)
            .ToList();
        foreach (var each in safe)
            Apply(each, _files, _names);
        _unsafe.RemoveAll(safe.Contains);
    }

    private static IEnumerable<Event> Survivors(Event each, Loss loss, Random random)
    {
        var piece = loss switch
        {
            Loss.SomePages => 4096,
            Loss.SomeSectors => 512,
            _ => int.MaxValue,
        };
        if (loss == Loss.Nothing)
            return [each];
        if (loss == Loss.Everything)
            return [];
        return (each is Wrote wrote ? Pieces(wrote, piece) : [each]).Where(_ => random.Next(2) == 0);
    }

    // A disk cuts at multiples of its own size, wherever the write began.
    private static IEnumerable<Event> Pieces(Wrote wrote, int size)
    {
        for (var at = 0; at < wrote.Content.Length; )
        {
            var room = (int)Math.Min(size - (wrote.Offset + at) % size, wrote.Content.Length - at);
            yield return wrote with
            {
                Offset = wrote.Offset + at,
                Content = wrote.Content[at..(at + room)],
            };
            at += room;
        }
    }

    private static void Apply(Event each, Dictionary<string, byte[]> files, HashSet<string> names)
    {
        switch (each)
        {
            case Created:
                names.Add(each.Path);
                break;
            case Removed:
                names.Remove(each.Path);
                files.Remove(each.Path);
                break;
            case Truncated truncated:
                var cut = files.GetValueOrDefault(each.Path, []);
                Array.Resize(ref cut, (int)truncated.Length);
                files[each.Path] = cut;
                break;
            case Wrote wrote:
                var content = files.GetValueOrDefault(each.Path, []);
                var end = (int)wrote.Offset + wrote.Content.Length;
                if (content.Length < end)
                    Array.Resize(ref content, end);
                wrote.Content.CopyTo(content, wrote.Offset);
                files[each.Path] = content;
                break;
        }
    }
}
