using System.Diagnostics;

namespace Vibe.Cases.Doors;

/// <summary>The bytes that passed to a client on one line, and when.</summary>
internal sealed class Recording
{
    private readonly List<byte> _bytes = [];
    private readonly List<(int End, long Passed)> _parts = [];
    private readonly Lock _lock = new();

    public void Add(ReadOnlySpan<byte> part)
    {
        lock (_lock)
        {
            _bytes.AddRange(part);
            _parts.Add((_bytes.Count, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>Gives when each occurrence of a text had passed whole.</summary>
    public IReadOnlyList<long> Heard(ReadOnlySpan<byte> text)
    {
        lock (_lock)
        {
            var passed = new List<long>();
            var bytes = _bytes.ToArray().AsSpan();
            for (var at = 0; bytes[at..].IndexOf(text) is >= 0 and var next; )
            {
                at += next + text.Length;
                passed.Add(_parts.First(part => part.End >= at).Passed);
            }
            return passed;
        }
    }
}
