using System.Text.Json.Nodes;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Worlds;

/// <summary>What stands around the clients of one scenario in one run.</summary>
internal abstract class World : IAsyncDisposable
{
    /// <summary>Where a client finds gRPC, and where gRPC-web.</summary>
    public abstract (Uri Grpc, Uri Web) AddressOf(JsonObject setup);

    /// <summary>Gives what a client's token source gives.</summary>
    public abstract JsonArray Tokens(string client, JsonObject setup);

    /// <summary>Does something to the surroundings.</summary>
    /// <returns>What went against what is expected; null when nothing did.</returns>
    public abstract Task<string?> DoAsync(Step step, JsonObject arguments, Names names);

    /// <summary>Says at the end what was expected of the clients and did not come; null when all of it did.</summary>
    public virtual string? Missed() => null;

    public abstract ValueTask DisposeAsync();

    /// <summary>Lets time pass.</summary>
    protected static Task PassAsync(JsonObject arguments)
    {
        Known.Only(arguments, ["seconds"], "pass");
        return Task.Delay(TimeSpan.FromSeconds(arguments["seconds"]!.GetValue<double>()));
    }
}
