using Google.Protobuf;
using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Twin;

namespace Vibe.Load.Servers;

/// <summary>The twin's one table.</summary>
internal sealed class TwinPlace(ChannelBase channel) : Place
{
    private const string Service = "vibe.load.twin.Twin";

    private readonly Twin.Twin.TwinClient _client = new(channel);

    private static ByteString Json { get; } = ByteString.CopyFrom(Body.Json);

    public override string Space => "";

    public override Call Create => new(Service, "Put", new PutRequest { Body = Json });

    public override Call CreateMany(int documents) =>
        new(Service, "PutMany", new PutManyRequest { Bodies = { Enumerable.Repeat(Json, documents) } });

    public override async Task<Call> StoreAsync(CancellationToken cancellation)
    {
        var stored = await _client.PutAsync(new PutRequest { Body = Json }, cancellationToken: cancellation);
        return new Call(Service, "Get", new GetRequest { Id = stored.Id });
    }

    public override async Task<long> CountAsync(CancellationToken cancellation) =>
        (await _client.CountAsync(new CountRequest(), cancellationToken: cancellation)).Count;
}
