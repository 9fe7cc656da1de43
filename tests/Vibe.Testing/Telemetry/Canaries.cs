using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Vibe.Testing.Telemetry;

/// <summary>
/// What people, apps and tests gave a server, who gave it, and what callers were told in refusals. An operator sees none of
/// it; a caller sees what it sent itself, and nothing that only others sent before it was told. Short texts are left out:
/// they would be found by chance.
/// </summary>
public sealed partial class Canaries
{
    private const int ShortestText = 12;
    private const int LongestText = 4096;
    private const int MaxTexts = 20_000;

    private static readonly string[] Roots = ["spaces/", "accounts/", "apps/"];

    // Each text with its callers, and when each sent it first.
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, long>> _sent = new();
    private readonly ConcurrentDictionary<(string Caller, string Text), long> _told = new();
    private int _count;
    private long _moment;

    /// <summary>Notes a text that operators must not see, whoever it comes from.</summary>
    public void Add(string text) => Callers(text);

    /// <summary>Notes what a caller is about to send, or knows already.</summary>
    public void Sent(string caller, IEnumerable<string> texts)
    {
        var moment = Interlocked.Increment(ref _moment);
        foreach (var text in texts)
        {
            Callers(text)?.TryAdd(caller, moment);
            if (IsName(text))
                foreach (var part in text.Split('/'))
                    Callers(part)?.TryAdd(caller, moment);
        }
    }

    /// <summary>Notes what a caller was told in a refusal.</summary>
    public void Told(string caller, IEnumerable<string> texts)
    {
        // Where not everything that was sent is known, nobody can say that it was sent by others alone.
        if (_count >= MaxTexts)
            return;
        var moment = Interlocked.Increment(ref _moment);
        foreach (var text in texts)
            _told.TryAdd((caller, text), moment);
    }

    /// <summary>The texts that hold one of the canaries.</summary>
    public IEnumerable<string> In(IEnumerable<string> texts)
    {
        var heads = ByHead();
        return texts.Where(text => Found(heads, text).Any());
    }

    /// <summary>What callers were told that only others had sent.</summary>
    public IEnumerable<string> AtStrangers()
    {
        var heads = ByHead();
        var own = _sent
            .SelectMany(pair => pair.Value.Select(sent => (Caller: sent.Key, Text: pair.Key, Moment: sent.Value)))
            .ToLookup(sent => sent.Caller);
        foreach (var ((caller, told), moment) in _told)
            if (Found(heads, told).FirstOrDefault(text => IsForeign(text, caller, moment)) is { } found)
                yield return $"{caller} was told '{told}', where '{found}' comes from others";

        // `spaces/me` is answered with the name in full, so only the parts of a name are others' own.
        bool IsForeign(string text, string caller, long moment) =>
            !IsName(text)
            && !Digest().IsMatch(text)
            && _sent[text].Any(sent => sent.Key != caller && sent.Value < moment)
            && !own[caller].Any(sent => sent.Moment < moment && sent.Text.Contains(text, StringComparison.Ordinal));
    }

    private static bool IsName(string text) => Roots.Any(root => text.StartsWith(root, StringComparison.Ordinal));

    private ConcurrentDictionary<string, long>? Callers(string text)
    {
        if (text.Length < ShortestText || Contract.IsWord(text))
            return null;
        var kept = text.Length > LongestText ? text[..LongestText] : text;
        if (_sent.TryGetValue(kept, out var known))
            return known;
        if (_count >= MaxTexts)
            return null;
        var fresh = new ConcurrentDictionary<string, long>();
        var callers = _sent.GetOrAdd(kept, fresh);
        if (callers == fresh)
            Interlocked.Increment(ref _count);
        return callers;
    }

    // Etags and digests come from the server itself, and are alike where contents are.
    [GeneratedRegex("^(?:[A-Za-z0-9_-]{22}|[0-9a-f]{64})$")]
    private static partial Regex Digest();

    // All canaries by how they begin: what holds one holds its beginning.
    private Dictionary<string, string[]> ByHead() =>
        _sent.Keys.GroupBy(text => text[..ShortestText]).ToDictionary(texts => texts.Key, texts => texts.ToArray());

    private static IEnumerable<string> Found(Dictionary<string, string[]> heads, string text)
    {
        for (var start = 0; start <= text.Length - ShortestText; start++)
            if (
                heads
                    .GetAlternateLookup<ReadOnlySpan<char>>()
                    .TryGetValue(text.AsSpan(start, ShortestText), out var canaries)
            )
                foreach (var canary in canaries)
                    if (text.AsSpan(start).StartsWith(canary))
                        yield return canary;
    }
}
