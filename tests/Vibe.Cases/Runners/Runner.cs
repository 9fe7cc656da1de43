using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vibe.Cases.Runners;

/// <summary>A client of some language that does what it is told, as a process that speaks JSON lines.</summary>
internal sealed class Runner : IAsyncDisposable
{
    private const int KeptLines = 40;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private static readonly JsonSerializerOptions Compact = new()
    {
        Encoder = JavaScriptEncoder.Default,
        WriteIndented = false,
    };

    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonObject>> _asked = new();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Task _reading;
    private long _last;

    private Runner(string kind, Process process)
    {
        Kind = kind;
        _process = process;
        _reading = Task.WhenAll(ReadAsync(), ListenAsync());
    }

    /// <summary>The name of its language and manner, such as <c>python-asyncio</c>.</summary>
    public string Kind { get; }

    /// <summary>
    /// Starts a runner, and waits until it answers: a browser takes its time on a busy machine, which is no step's to pay.
    /// </summary>
    /// <exception cref="RunnerException">It ended, or does not answer.</exception>
    public static async Task<Runner> StartAsync(string kind, string program, IEnumerable<string> arguments)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var runner = new Runner(
            kind,
            Process.Start(
                new ProcessStartInfo(program, arguments)
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    StandardInputEncoding = utf8,
                    StandardOutputEncoding = utf8,
                    StandardErrorEncoding = utf8,
                }
            )!
        );
        try
        {
            var anything = new JsonObject { ["do"] = "pointer", ["segments"] = new JsonArray("ready") };
            await runner.Ask(anything).Answer.WaitAsync(StartPatience);
            return runner;
        }
        catch (Exception notReady) when (notReady is TimeoutException or RunnerException)
        {
            await runner.DisposeAsync();
            throw notReady as RunnerException
                ?? new RunnerException($"The runner {kind} did not answer within {StartPatience.TotalSeconds} s.");
        }
    }

    /// <summary>Asks for something; the answer comes when it is there, whatever else is asked meanwhile.</summary>
    public (long Id, Task<JsonObject> Answer) Ask(JsonObject request)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        var message = new JsonObject { ["id"] = id };
        foreach (var (member, value) in request)
            message[member] = value?.DeepClone();
        _ = WriteAsync(message.ToJsonString(Compact), answer);
        if (_reading.IsCompleted)
            answer.TrySetException(Gone());
        return (id, answer.Task);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndPatience);
        }
        catch (Exception end) when (end is TimeoutException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        await _reading;
        _process.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(string line, TaskCompletionSource<JsonObject> answer)
    {
        await _writing.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            answer.TrySetException(Gone());
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonObject? answer = null;
            try
            {
                answer = JsonNode.Parse(line) as JsonObject;
            }
            catch (JsonException)
            {
                // It is shown with what else the runner said.
            }
            if (answer?["id"] is { } id && _asked.TryRemove(id.GetValue<long>(), out var asked))
                asked.TrySetResult(answer);
            else
                Keep($"stdout: {line}");
        }
        foreach (var asked in _asked.Values)
            asked.TrySetException(Gone());
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
            Keep(line);
    }

    private void Keep(string line)
    {
        _said.Enqueue(line);
        while (_said.Count > KeptLines)
            _said.TryDequeue(out _);
    }

    private RunnerException Gone() => new($"The runner {Kind} ended:\n{string.Join('\n', _said)}");
}
