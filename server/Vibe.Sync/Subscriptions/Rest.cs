using System.Threading.Channels;

namespace Vibe.Sync.Subscriptions;

/// <summary>
/// How a stream waits between two frames. Whoever has something for it may claim it while it rests, and serve it without
/// waking it. At any moment one party has the stream: itself while it is awake, and whoever claimed it until it is let go.
/// </summary>
internal sealed class Rest
{
    private const int Awake = 0;
    private const int Resting = 1;
    private const int Claimed = 2;
    private const int Given = 3;

    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private int _state = Awake;
    private volatile bool _isWanted;

    /// <summary>Lies down. From here on somebody may have claimed the stream, until <see cref="UntilWokenAsync"/> has returned.</summary>
    /// <param name="once">Whether whoever claims it next shall wake it afterwards.</param>
    public void Begin(bool once)
    {
        _isWanted = once;
        Interlocked.Exchange(ref _state, Resting);
    }

    /// <summary>Takes the stream if it rests, and nobody else has it.</summary>
    public bool TryClaim() => Interlocked.CompareExchange(ref _state, Claimed, Resting) == Resting;

    /// <summary>Gives back a stream that was claimed: to its rest, or awake.</summary>
    public void LetGo(bool awake)
    {
        Interlocked.Exchange(ref _state, awake ? Given : Resting);
        if (awake || _isWanted)
            Wake();
    }

    /// <summary>Wakes the stream, once nobody else has it.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>Waits until the stream is woken, and has it then.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; the stream has itself as well.</exception>
    public async Task UntilWokenAsync(CancellationToken cancellation)
    {
        try
        {
            do await _wakes.Reader.ReadAsync(cancellation);
            while (!TryRise());
        }
        catch (OperationCanceledException)
        {
            // Whoever serves it is with its frames; they must not outlive the call.
            while (!TryRise())
                await _wakes.Reader.ReadAsync(CancellationToken.None);
            throw;
        }
    }

    private bool TryRise()
    {
        if (IsUp())
            return true;
        // Whoever has it looks at this after letting go.
        _isWanted = true;
        return IsUp();
    }

    private bool IsUp()
    {
        var state = Volatile.Read(ref _state);
        return state is Resting or Given && Interlocked.CompareExchange(ref _state, Awake, state) == state;
    }
}
