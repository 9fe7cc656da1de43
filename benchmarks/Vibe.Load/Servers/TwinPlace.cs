using Google.Protobuf;
using Grpc.Core;
using Vibe.Load.Followers;
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

    public override async Task<string> StoreAsync(CancellationToken cancellation) =>
        (await _client.PutAsync(new PutRequest { Body = Json }, cancellationToken: cancellation)).Id;

    public override Call Get(string stored) => new(Service, "Get", new GetRequest { Id = stored });

    public override Call CreateFor(int messageBytes)
    {
        // What protobuf puts before a field of such a length.
        var body = messageBytes - 1 - CodedOutputStream.ComputeLengthSize(messageBytes);
        return new Call(Service, "Put", new PutRequest { Body = ByteString.CopyFrom(new byte[body]) });
    }

    public override Following CatchUp(int view) => new(new Call(Service, "CatchUp", new CatchUpRequest()), ReadBatch);

    public override Following Watch(int view) => new(new Call(Service, "Watch", new WatchRequest()), ReadNews);

    private static Delivery ReadBatch(ReadOnlySpan<byte> message)
    {
        var (documents, isLast) = (0, false);
        var fields = new MessageFields(message);
        while (fields.Next())
            if (fields.Number == CatchUpReply.DocumentsFieldNumber)
                documents++;
            else if (fields.Number == CatchUpReply.IsLastFieldNumber)
                isLast = true;
        return new Delivery { Documents = documents, IsComplete = isLast };
    }

    private static Delivery ReadNews(ReadOnlySpan<byte> message) =>
        new() { Documents = message.IsEmpty ? 0 : 1, IsComplete = message.IsEmpty };

    public override async Task<long> CountAsync(CancellationToken cancellation) =>
        (await _client.CountAsync(new CountRequest(), cancellationToken: cancellation)).Count;
}
