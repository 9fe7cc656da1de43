using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Vibe.Stress;

/// <summary>Counts what clients of the SDK pass over in silence, by why: calls that they try again, streams that they resume.</summary>
internal sealed class ClientLog : ILoggerProvider, ILogger
{
    private const string Client = "Vibe.Client";
    private const int TryingAgain = 1;
    private const int Resuming = 3;

    private readonly ConcurrentDictionary<string, int> _triedAgain = new();
    private readonly ConcurrentDictionary<string, int> _resumed = new();

    public ClientLog() =>
        Factory = LoggerFactory.Create(logs =>
            logs.SetMinimumLevel(LogLevel.Debug).AddFilter((category, _) => category == Client).AddProvider(this)
        );

    public ILoggerFactory Factory { get; }

    /// <summary>How often an attempt at a call failed and another followed.</summary>
    public IReadOnlyDictionary<string, int> TriedAgain => _triedAgain;

    /// <summary>How often a stream was cut and another followed.</summary>
    public IReadOnlyDictionary<string, int> Resumed => _resumed;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        var counts = eventId.Id switch
        {
            TryingAgain => _triedAgain,
            Resuming => _resumed,
            _ => null,
        };
        if (counts is null || state is not IReadOnlyList<KeyValuePair<string, object?>> said)
            return;
        var why = said.Where(part => part.Key is "Method" or "Code" or "Reason").Select(part => part.Value);
        counts.AddOrUpdate(string.Join(' ', why.Where(word => word is not null)), 1, (_, count) => count + 1);
    }

    public void Dispose() => Factory.Dispose();
}
