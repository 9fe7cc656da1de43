using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Cases.Doors;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Worlds;

/// <summary>A server with two addresses that does, call after call, what a scenario says.</summary>
internal sealed class ScriptedWorld : World
{
    // Clients look for it beside their first call; few scenarios are about that.
    private const string Discovery = "GetServer";

    private static readonly Dictionary<string, MethodDescriptor> Methods = new[]
    {
        Vibe.Data.V1.DocumentServiceReflection.Descriptor,
        Vibe.Data.V1.CollectionServiceReflection.Descriptor,
        Vibe.Sync.V1.SyncServiceReflection.Descriptor,
        Vibe.Identity.V1.ServerServiceReflection.Descriptor,
    }
        .SelectMany(file => file.Services)
        .SelectMany(service => service.Methods)
        .ToDictionary(method => method.Name, StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, ConcurrentQueue<JsonObject>> _calls = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _events = new();
    private readonly Dictionary<string, Queue<JsonObject>> _script;
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly Lock _lock = new();
    private readonly Names _names;
    private GrpcDoor _door = null!;
    private GrpcDoor _other = null!;

    private ScriptedWorld(JsonObject server, Names names)
    {
        _names = names;
        _script = server.ToDictionary(
            rpc =>
                Methods.ContainsKey(rpc.Key)
                    ? rpc.Key
                    : throw new ScenarioException($"'{rpc.Key}' is no rpc of a script."),
            rpc => new Queue<JsonObject>(rpc.Value!.AsArray().Select(part => part!.AsObject())),
            StringComparer.Ordinal
        );
    }

    public override (Uri Grpc, Uri Web) AddressOf(JsonObject setup)
    {
        if (setup["at"] is not null)
            throw new ScenarioException("A scripted server has no roles.");
        return (_door.Grpc, _door.Web);
    }

    public static async Task<ScriptedWorld> StartAsync(Scenario scenario, Names names)
    {
        var world = new ScriptedWorld((JsonObject)scenario.Server.DeepClone(), names);
        world._door = await GrpcDoor.OpenAsync(call => world.AnswerAsync(call, "given"));
        world._other = await GrpcDoor.OpenAsync(call => world.AnswerAsync(call, "other"));
        names.Set("given.grpc", AddressOf(world._door.Grpc));
        names.Set("given.web", AddressOf(world._door.Web));
        names.Set("other.grpc", AddressOf(world._other.Grpc));
        names.Set("other.web", AddressOf(world._other.Web));
        return world;
    }

    public override JsonArray Tokens(string client, JsonObject setup) =>
        setup["tokens"] is JsonArray tokens ? (JsonArray)tokens.DeepClone() : [$"token-of-{client}"];

    public override async Task<string?> DoAsync(Step step, JsonObject arguments, Names names)
    {
        switch (step.Surroundings)
        {
            case "tell":
                Known.Only(arguments, ["event"], "tell");
                Event(Known.Text(arguments, "event")).TrySetResult();
                return null;

            case "pass":
                await PassAsync(arguments);
                return null;

            case "calls":
                Known.Only(arguments, ["rpc", "expect"], "calls");
                var rpc = Known.Text(arguments, "rpc");
                var calls = new JsonArray([.. _calls.GetValueOrDefault(rpc, []).Select(call => call.DeepClone())]);
                return Expectation.Differs(step.Arguments["expect"], calls, names, rpc);

            default:
                throw new ScenarioException(
                    $"'{step.Surroundings}' is nothing that a scripted server's surroundings do."
                );
        }
    }

    public override string? Missed()
    {
        lock (_lock)
        {
            if (_faults.TryPeek(out var fault))
                return fault;
            var rest = _script.FirstOrDefault(rpc => rpc.Value.Any(part => part["always"] is null));
            return rest.Key is null ? null : $"{rest.Value.Count} parts of the script of {rest.Key} were not asked for";
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _other.DisposeAsync();
    }

    private static string AddressOf(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private async Task AnswerAsync(GrpcCall call, string address)
    {
        var message = await call.RequestAsync();
        if (!Methods.TryGetValue(call.Method, out var method))
        {
            await call.EndAsync(Failures.Of("unimplemented", "No script knows this."));
            return;
        }
        var request = JsonFormatter.Default.Format(method.InputType.Parser.ParseFrom(message));
        _calls
            .GetOrAdd(call.Method, _ => new ConcurrentQueue<JsonObject>())
            .Enqueue(
                new JsonObject
                {
                    ["address"] = address,
                    ["request"] = JsonNode.Parse(request),
                    ["headers"] = new JsonObject(
                        call.Headers.Select(header =>
                            KeyValuePair.Create(header.Key.ToLowerInvariant(), (JsonNode?)header.Value.ToString())
                        )
                    ),
                }
            );
        Event(call.Method).TrySetResult();
        if (Next(call.Method) is { } part)
            await PlayAsync(call, method, part);
        else
            await call.EndAsync(Failures.Of("unimplemented", "The script has ended."));
    }

    private JsonObject? Next(string rpc)
    {
        lock (_lock)
        {
            if (!_script.TryGetValue(rpc, out var parts) || parts.Count == 0)
            {
                if (rpc != Discovery)
                    _faults.Enqueue($"{rpc} was called once more than the script says");
                return null;
            }
            return parts.Peek()["always"] is null ? parts.Dequeue() : parts.Peek();
        }
    }

    private async Task PlayAsync(GrpcCall call, MethodDescriptor method, JsonObject part)
    {
        Known.Only(part, ["answer", "fail", "hang", "send", "bytes", "always"], "a part of a script");
        if (part["send"] is JsonArray messages)
        {
            foreach (var message in messages)
                if (!await SendAsync(call, method, message!.AsObject()))
                    return;
            await call.EndAsync([new("grpc-status", "0")]);
        }
        else if (part["answer"] is { } answer)
        {
            // Where it is reached no scenario can know before.
            var told = method.Name == Discovery ? _names.Fill(answer)! : answer;
            await call.SendAsync(Messages.Bytes(method.OutputType, told));
            await call.EndAsync([new("grpc-status", "0")]);
        }
        else if (part["bytes"] is { } bytes)
        {
            await call.SendAsync(Convert.FromBase64String(bytes.GetValue<string>()));
            await call.EndAsync([new("grpc-status", "0")]);
        }
        else
        {
            await SendAsync(call, method, part);
        }
    }

    /// <summary>Does one thing of a stream; false when it was the last.</summary>
    private async Task<bool> SendAsync(GrpcCall call, MethodDescriptor method, JsonObject message)
    {
        switch (message.First().Key)
        {
            case "until":
                await Event(Known.Text(message, "until")).Task.WaitAsync(call.Gone);
                return true;

            case "pause":
                await Task.Delay(TimeSpan.FromSeconds(message["pause"]!.GetValue<double>()), call.Gone);
                return true;

            case "bytes":
                await call.SendAsync(Convert.FromBase64String(Known.Text(message, "bytes")));
                return true;

            case "fail":
                await call.EndAsync(Failures.Of(message["fail"]!.AsObject()));
                return false;

            case "cut":
                call.Cut();
                return false;

            case "hang":
                await Task.Delay(Timeout.Infinite, call.Gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return false;

            default:
                await call.SendAsync(Messages.Bytes(method.OutputType, message));
                return true;
        }
    }

    private TaskCompletionSource Event(string name) =>
        _events.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
