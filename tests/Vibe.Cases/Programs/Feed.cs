using System.Text.Json.Nodes;

namespace Vibe.Cases.Programs;

/// <summary>A loop over what is followed, one step at a time.</summary>
internal sealed class Feed(Func<CancellationToken, IAsyncEnumerable<JsonObject>> follow) : IAsyncDisposable
{
    private readonly CancellationTokenSource _left = new();
    private readonly SemaphoreSlim _turn = new(1);
    private IAsyncEnumerator<JsonObject>? _loop;

    public async Task<JsonObject> NextAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            _loop ??= follow(_left.Token).GetAsyncEnumerator(CancellationToken.None);
            await using var cancels = cancellation.Register(_left.Cancel);
            return await _loop.MoveNextAsync()
                ? _loop.Current
                : throw new InvalidOperationException("The feed ended without saying why.");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _turn.WaitAsync();
        if (_loop is not null)
            await _loop.DisposeAsync();
        _left.Dispose();
        _turn.Dispose();
    }
}
