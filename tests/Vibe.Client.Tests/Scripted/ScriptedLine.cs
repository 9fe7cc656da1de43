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

    /// <summary>Every collection that is followed, with the token that it goes on from.</summary>
    public IEnumerable<string> Scopes =>
        request.Scopes.Select(scope => $"{NameOf(scope)} {scope.ResumeToken}".TrimEnd()).Order(StringComparer.Ordinal);

    public string? Authorization => context.RequestHeaders.GetValue("authorization");

    public Task OpenAsync(TimeSpan? heartbeat = null, TimeSpan? lifetime = null)
    {
        var opened = Messages.Opened(heartbeat, lifetime);
        opened.Collections.Clear();
        opened.Collections.Add(
            request.Scopes.Select(scope =>
                scope.Collection.Replace("spaces/me/", "spaces/k3f7/", StringComparison.Ordinal)
            )
        );
        return writer.WriteAsync(new SubscribeResponse { Opened = opened });
    }

    public Task PageAsync(string token, bool reset = false, bool live = false, params Wire.Change[] changes) =>
        writer.WriteAsync(Messages.Of(Messages.Page(token, reset, live, changes)));

    /// <summary>Sends a page of the scope that follows a collection.</summary>
    public Task PageOfAsync(
        string collection,
        string token,
        bool reset = false,
        bool live = false,
        params Wire.Change[] changes
    ) => writer.WriteAsync(Messages.Of(Messages.Page(token, reset, live, changes), PlaceOf(collection)));

    public Task EndScopeAsync(string collection, Status status) =>
        writer.WriteAsync(
            new SubscribeResponse
            {
                ScopeIndex = PlaceOf(collection),
                ScopeEnded = new ScopeEnded { Status = status },
            }
        );

    public Task HeartbeatAsync(string token) => writer.WriteAsync(Messages.Heartbeat(token));

    public Task HeartbeatOfAsync(string collection, string token)
    {
        var heartbeat = Messages.Heartbeat(token);
        heartbeat.ScopeIndex = PlaceOf(collection);
        return writer.WriteAsync(heartbeat);
    }

    public Task EndAsync(Status status) =>
        writer.WriteAsync(new SubscribeResponse { End = new End { Status = status } });

    public Scope ScopeOf(string collection) => request.Scopes[PlaceOf(collection)];

    public int PlaceOf(string collection) =>
        request.Scopes.IndexOf(request.Scopes.Single(scope => NameOf(scope) == collection));

    private static string NameOf(Scope scope) => scope.Collection.Split('/')[^1];

    public async Task HoldAsync()
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.CancellationToken.Register(gone.SetResult);
        await gone.Task;
    }
}
