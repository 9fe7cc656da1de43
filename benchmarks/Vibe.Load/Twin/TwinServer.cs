using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Vibe.Load.Twin;

/// <summary>The smallest server that does Vibe's job durably: what Vibe is measured against.</summary>
internal sealed partial class TwinServer(Table table, GroupCommit commits) : Twin.TwinBase
{
    public static async Task ServeAsync(Uri address, Table table, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenLocalhost(address.Port, listen => listen.Protocols = HttpProtocols.Http2)
        );
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new TwinServer(table, new GroupCommit(table)));
        await using var app = builder.Build();
        app.MapGrpcService<TwinServer>();
        await app.StartAsync(cancellation);
        await app.WaitForShutdownAsync(cancellation);
    }

    public override async Task<PutReply> Put(PutRequest request, ServerCallContext context)
    {
        var entry = ToEntry(request.Body);
        await commits.CommitAsync(entry);
        Tell(request.Body);
        return new PutReply { Id = entry.Id };
    }

    public override async Task<PutManyReply> PutMany(PutManyRequest request, ServerCallContext context)
    {
        var entries = request.Bodies.Select(ToEntry).ToArray();
        await commits.CommitAsync(entries);
        return new PutManyReply { Ids = { entries.Select(entry => entry.Id) } };
    }

    public override async Task<GetReply> Get(GetRequest request, ServerCallContext context) =>
        await table.FindAsync(request.Id) is { } body
            ? new GetReply { Id = request.Id, Body = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(body) }
            : throw new RpcException(new Status(StatusCode.NotFound, ""));

    public override async Task<CountReply> Count(CountRequest request, ServerCallContext context) =>
        new() { Count = await table.CountAsync() };

    private static Entry ToEntry(Google.Protobuf.ByteString body) =>
        new(Guid.CreateVersion7().ToString(), body.ToByteArray());
}
