using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task A_call_leaves_a_span_that_names_the_method_and_the_outcome()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        using var spans = new RecordedSpans();
        server.Documents.GetScript.Enqueue(_ => throw Failures.Bare(StatusCode.Unavailable));

        await vibe.Me.Collection("secret-collection").Document("secret-id").GetAsync(cancellationToken: Stop);

        var span = Assert.Single(spans);
        Assert.Equal("vibe.data.v1.DocumentService/GetDocument", span.DisplayName);
        Assert.Equal(2, span.GetTagItem("vibe.attempts"));
        Assert.Equal("RESOURCE_NOT_FOUND", span.GetTagItem("vibe.reason"));
        Assert.DoesNotContain(span.TagObjects, tag => $"{tag.Value}".Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_log_line_of_ours_holds_an_id_a_token_or_a_body()
    {
        await using var server = await ScriptedServer.StartAsync();
        var logs = new RecordingLoggers();
        await using var vibe = new VibeClient(
            server.Address,
            "secret-token",
            new VibeClientOptions
            {
                LoggerFactory = logs,
                Retry = new RetryPolicy { BaseDelay = TimeSpan.Zero },
            }
        );
        server.Documents.WriteScript.Enqueue(
            (_, _) =>
                throw Failures.Exception(
                    StatusCode.Unavailable,
                    Reason.ServerStopping,
                    null,
                    ("resource", "secret-resource")
                )
        );

        await vibe
            .Me.Collection("secret-collection")
            .Document("secret-id")
            .UpdateAsync(new { Text = "secret-body" }, cancellationToken: Stop);

        Assert.Contains(logs.Lines, line => line.Contains("SERVER_STOPPING", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }

    private sealed class RecordingLoggers : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        // Grpc.Net.Client logs addresses under its own name, where an operator can turn it off.
        public ILogger CreateLogger(string categoryName) =>
            categoryName == "Vibe.Client" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
