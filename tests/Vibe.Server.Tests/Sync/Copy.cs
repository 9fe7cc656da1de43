using Vibe.Sync.V1;

namespace Vibe.Server.Tests.Sync;

/// <summary>What a client keeps of a scope, by the rules of the contract and nothing else.</summary>
internal sealed class Copy
{
    private HashSet<string>? _sincePutAnew;

    public SortedDictionary<string, string> Documents { get; private set; } = new(StringComparer.Ordinal);

    public string Token { get; set; } = "";

    /// <summary>Whether the last page carried a checkpoint.</summary>
    public bool IsComplete { get; private set; }

    public int Resets { get; private set; }

    /// <summary>A client that has the same, and goes its own way from here.</summary>
    public Copy Clone() =>
        new()
        {
            Documents = new SortedDictionary<string, string>(Documents, StringComparer.Ordinal),
            Token = Token,
            IsComplete = IsComplete,
            Resets = Resets,
            _sincePutAnew = _sincePutAnew?.ToHashSet(),
        };

    /// <summary>Applies a page and keeps its token, as one step.</summary>
    public void Apply(Page page, int most = int.MaxValue)
    {
        Assert.InRange(page.Changes.Count, 0, most);
        Assert.Equal(page.Changes.Count, page.Changes.Select(change => change.DocumentId).Distinct().Count());
        if (page.Reset)
        {
            Resets++;
            _sincePutAnew = [];
        }
        foreach (var change in page.Changes)
        {
            if (change.KindCase == Change.KindOneofCase.Put)
            {
                Documents[change.DocumentId] = Calls.Seen(change.Put.Json, change.Put.Etag, change.Put.Acl);
                _sincePutAnew?.Add(change.DocumentId);
            }
            else
            {
                Documents.Remove(change.DocumentId);
                _sincePutAnew?.Remove(change.DocumentId);
            }
        }
        IsComplete = page.Checkpoint is not null;
        Token = page.ResumeToken;
        if (!IsComplete || _sincePutAnew is null)
            return;
        foreach (var id in Documents.Keys.Except(_sincePutAnew).ToList())
            Documents.Remove(id);
        _sincePutAnew = null;
    }
}
