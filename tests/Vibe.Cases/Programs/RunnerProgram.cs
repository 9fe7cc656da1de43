using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Vibe.Cases.Programs;

/// <summary>A runner of this program: does what the lines say, and writes what it observed.</summary>
internal abstract class RunnerProgram(TextReader input, TextWriter output)
{
    private readonly ConcurrentDictionary<string, Feed> _feeds = new();
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _calls = new();
    private readonly Lock _writing = new();

    /// <summary>Runs until the input ends.</summary>
    public async Task RunAsync()
    {
        while (await input.ReadLineAsync() is { } line)
        {
            var request = JsonNode.Parse(line)!.AsObject();
            _ = AnswerAsync(request["id"]!.GetValue<long>(), new Request(request));
        }
    }

    /// <summary>Does what one line asks for.</summary>
    /// <exception cref="UnknownException">It does not know that.</exception>
    protected abstract Task<JsonNode?> DoAsync(string what, Request request, CancellationToken cancellation);

    /// <summary>What stands for a failure; null where the program itself is broken.</summary>
    protected abstract KeyValuePair<string, JsonNode?>? Observe(Exception failure);

    /// <summary>Opens a feed, from which the lines take one after another.</summary>
    protected void Follow(string name, Func<CancellationToken, IAsyncEnumerable<JsonObject>> follow) =>
        _feeds[name] = new Feed(follow);

    private async Task AnswerAsync(long id, Request request)
    {
        var answer = new JsonObject { ["id"] = id };
        using var cancellation = new CancellationTokenSource();
        _calls[id] = cancellation;
        try
        {
            request.Node("id");
            answer["ok"] = await DoAsync(request, cancellation.Token);
        }
        catch (UnknownException unknown)
        {
            answer["unknown"] = unknown.Message;
        }
        catch (OperationCanceledException)
        {
            answer["cancelled"] = true;
        }
        catch (Exception failure)
        {
            var (kind, observed) = Observe(failure) ?? KeyValuePair.Create("broken", (JsonNode?)failure.ToString());
            answer[kind] = observed;
        }
        _calls.TryRemove(id, out _);
        lock (_writing)
        {
            output.WriteLine(answer.ToJsonString());
            output.Flush();
        }
    }

    private async Task<JsonNode?> DoAsync(Request request, CancellationToken cancellation)
    {
        switch (request.Text("do"))
        {
            case "next":
                var next = _feeds[request.Text("feed")];
                request.TakenWhole();
                return await next.NextAsync(cancellation);

            case "leave":
                var name = request.Text("feed");
                request.TakenWhole();
                if (_feeds.TryRemove(name, out var left))
                    await left.DisposeAsync();
                return new JsonObject();

            case "cancel":
                var call = (long)request.Number("call")!.Value;
                request.TakenWhole();
                if (_calls.TryGetValue(call, out var cancelled))
                    await cancelled.CancelAsync();
                return new JsonObject();

            case var other:
                return await DoAsync(other, request, cancellation);
        }
    }
}
