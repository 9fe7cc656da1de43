using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Vibe.Storage.Spaces;

namespace Vibe.Storage.Postgres;

/// <summary>
/// Carries signals between the servers of one database, on one connection, gathered on fixed ticks: when a signal leaves
/// says nothing about when the write was. The channel is outside every writing transaction, since NOTIFY takes a lock
/// that all commits share.
/// </summary>
internal sealed partial class PostgresSignal(
    PostgresDatabase database,
    SpaceSignal signal,
    Incarnation incarnation,
    ILogger<PostgresSignal> logger
) : BackgroundService
{
    private const string ChannelName = "vibe_spaces";
    private const int PayloadLimit = 7000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Its own signals come back to it; they were delivered before they left.
    private readonly string _sender = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private readonly ConcurrentDictionary<string, SignalCause> _moved = new();

    // Who has nothing to carry sleeps through its ticks.
    private readonly Channel<bool> _hasMoved = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signal.Raised += Note;
        try
        {
            await Task.WhenAll(
                ForeverAsync(ListenAsync, stoppingToken),
                ForeverAsync(SendAsync, stoppingToken),
                ForeverAsync(BeatAsync, stoppingToken)
            );
        }
        finally
        {
            signal.Raised -= Note;
        }
    }

    private void Note(string key, SignalCause cause)
    {
        _moved[key] = cause;
        _hasMoved.Writer.TryWrite(true);
    }

    private async Task ForeverAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await work(stopping);
            }
            catch (Exception exception) when (exception is NpgsqlException or Vibe.Hosting.Errors.VibeException)
            {
                LogSignalFailed(exception);
                await Task.Delay(Pause, database.Clock.Time, stopping);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var connection = await database.Source.OpenConnectionAsync(stopping);
        connection.Notification += (_, notification) =>
        {
            var parts = notification.Payload.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts is [var sender, ..] && sender == _sender)
                return;
            foreach (var moved in parts.Skip(1))
            {
                var (key, cause) = SignalCause.Read(moved);
                signal.Deliver(key, cause);
            }
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {ChannelName}", connection))
            await listen.ExecuteNonQueryAsync(stopping);
        while (true)
            await connection.WaitAsync(stopping);
    }

    private async Task SendAsync(CancellationToken stopping)
    {
        var time = database.Clock.Time;
        while (await _hasMoved.Reader.WaitToReadAsync(stopping))
        {
            await Task.Delay(TimeSpan.FromTicks(Tick.Ticks - time.GetUtcNow().Ticks % Tick.Ticks), time, stopping);
            _hasMoved.Reader.TryRead(out _);
            foreach (var payload in Gather())
            {
                await using var notify = database.Source.CreateCommand("SELECT pg_notify(@channel, @payload)");
                notify.Parameters.AddWithValue("channel", ChannelName);
                notify.Parameters.AddWithValue("payload", payload);
                await notify.ExecuteNonQueryAsync(stopping);
            }
        }
    }

    private IEnumerable<string> Gather()
    {
        var moved = new List<string>();
        foreach (var key in _moved.Keys)
            if (_moved.TryRemove(key, out var cause))
                moved.Add(cause.With(key));
        while (moved.Count > 0)
        {
            var length = 0;
            var part = moved.TakeWhile(text => (length += text.Length + 1) <= PayloadLimit).ToList();
            moved.RemoveRange(0, part.Count);
            yield return string.Join(' ', part.Prepend(_sender));
        }
    }

    private async Task BeatAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(BeatInterval, database.Clock.Time);
        while (await timer.WaitForNextTickAsync(stopping))
            await incarnation.BeatAsync(stopping);
    }

    [LoggerMessage(2003, LogLevel.Warning, "The signal between servers failed; it is opened anew")]
    private partial void LogSignalFailed(Exception exception);
}
