using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Vibe.Testing;

/// <summary>Keeps what a server logs, so that a test can read it and fails on an error that it did not expect.</summary>
internal sealed class LogRecorder : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private IExternalScopeProvider? _scopes;

    public IReadOnlyCollection<string> Lines => _lines;
    public IReadOnlyCollection<string> Errors => _errors;

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() { }

    private string Scopes()
    {
        var text = new StringBuilder();
        _scopes?.ForEachScope((scope, all) => all.Append(scope).Append(' '), text);
        return text.ToString();
    }

    private sealed class Recorder(LogRecorder log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            var line = $"{logLevel} {category}: {formatter(state, exception)} {log.Scopes()}{exception}";
            log._lines.Enqueue(line);
            if (logLevel >= LogLevel.Error)
                log._errors.Enqueue(line);
        }
    }
}
