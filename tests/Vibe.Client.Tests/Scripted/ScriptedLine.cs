using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Vibe.Sync.V1;
using Status = Google.Rpc.Status;
using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>One stream of a scripted subscription, as the script sees it.</summary>
internal sealed class ScriptedLine(
    SubscribeRequest request,
    IServerStreamWriter<SubscribeResponse> writer,
    ServerCallContext context
)
{
    public SubscribeRequest Request => request;

    public Scope Scope => request.Scopes[0];

    public string? Authorization => context.RequestHeaders.GetValue("authorization");

    public Task OpenAsync(TimeSpan? heartbeat = null, TimeSpan? lifetime = null) =>
        writer.WriteAsync(new SubscribeResponse { Opened = Messages.Opened(heartbeat, lifetime) });

    public Task PageAsync(string token, bool reset = false, bool live = false, params Wire.Change[] changes) =>
        writer.WriteAsync(Messages.Page(token, reset, live, changes));

    public Task HeartbeatAsync(string token) => writer.WriteAsync(Messages.Heartbeat(token));

    public Task EndAsync(Status status) =>
        writer.WriteAsync(new SubscribeResponse { End = new End { Status = status } });

    public async Task HoldAsync()
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.CancellationToken.Register(gone.SetResult);
        await gone.Task;
    }
}
