using System.Runtime.CompilerServices;

namespace Vibe.Client;

/// <summary>
/// A listing, page after page as it is read; nothing is asked before. Each enumeration begins anew.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
public sealed class Listing<T> : IAsyncEnumerable<T>
{
    private readonly Func<string?, CancellationToken, Task<ListPage<T>>> _fetch;
    private readonly string? _pageToken;
    private readonly CancellationToken _cancellationToken;

    internal Listing(
        Func<string?, CancellationToken, Task<ListPage<T>>> fetch,
        string? pageToken,
        CancellationToken cancellationToken
    )
    {
        _fetch = fetch;
        _pageToken = pageToken;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Enumerates the items.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The items, one after another.</returns>
    /// <exception cref="VibeException">A page could not be read.</exception>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var page in PagesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var item in page.Items)
            {
                yield return item;
            }
        }
    }

    /// <summary>Enumerates the pages, for those who show pages or keep their tokens.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The pages, one after another; at least one.</returns>
    /// <exception cref="VibeException">A page could not be read.</exception>
    public async IAsyncEnumerable<ListPage<T>> PagesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_cancellationToken, cancellationToken);
        for (var token = _pageToken; ; )
        {
            ListPage<T> page;
            try
            {
                page = await _fetch(token, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _cancellationToken.ThrowIfCancellationRequested();
                throw;
            }

            yield return page;
            token = page.NextPageToken;
            if (token is null)
            {
                yield break;
            }
        }
    }
}
