namespace Vibe.Client;

/// <summary>One page of a listing.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class ListPage<T>
{
    internal ListPage(IReadOnlyList<T> items, string? nextPageToken)
    {
        Items = items;
        NextPageToken = nextPageToken;
    }

    /// <summary>The items, in ascending order of their ids.</summary>
    public IReadOnlyList<T> Items { get; }

    /// <summary>Continues the listing, for a day; null when, and only when, there are no more.</summary>
    public string? NextPageToken { get; }
}
