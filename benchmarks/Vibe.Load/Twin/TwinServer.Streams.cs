using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;

namespace Vibe.Load.Twin;

internal sealed partial class TwinServer
{
    private const int Batch = 100;

    private readonly ConcurrentDictionary<Channel<WatchReply>, bool> _watching = [];

    public override async Task CatchUp(
        CatchUpRequest request,
        IServerStreamWriter<CatchUpReply> responseStream,
        ServerCallContext context
    )
    {
        var (after, reply) = ("", new CatchUpReply());
        while (!reply.IsLast)
        {
            var entries = await table.AfterAsync(after, Batch);
            reply = new CatchUpReply { IsLast = entries.Count < Batch };
            reply.Documents.Add(
                entries.Select(entry => new GetReply
                {
                    Id = entry.Id,
                    Body = UnsafeByteOperations.UnsafeWrap(entry.Body),
                })
            );
            await responseStream.WriteAsync(reply, context.CancellationToken);
            after = entries.Count > 0 ? entries[^1].Id : after;
        }
    }

    public override async Task Watch(
        WatchRequest request,
        IServerStreamWriter<WatchReply> responseStream,
        ServerCallContext context
    )
    {
        var news = Channel.CreateUnbounded<WatchReply>();
        _watching[news] = true;
        try
        {
            await responseStream.WriteAsync(new WatchReply(), context.CancellationToken);
            await foreach (var reply in news.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(reply, context.CancellationToken);
        }
        finally
        {
            _watching.TryRemove(news, out _);
        }
    }

    private void Tell(ByteString body)
    {
        if (_watching.IsEmpty)
            return;
        var reply = new WatchReply { Body = body };
        foreach (var (news, _) in _watching)
            news.Writer.TryWrite(reply);
    }
}
