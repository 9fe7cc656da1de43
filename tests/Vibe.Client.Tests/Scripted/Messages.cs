using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Sync.V1;
using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>Messages of the feed, in few words.</summary>
internal static class Messages
{
    public static Wire.Change Put(string id, string etag = "e1", string json = "{}") =>
        new()
        {
            DocumentId = id,
            Put = new Put { Json = ByteString.CopyFromUtf8(json), Etag = etag },
        };

    public static Wire.Change Removed(string id, Wire.RemovalCause cause = Wire.RemovalCause.Deleted) =>
        new()
        {
            DocumentId = id,
            Removed = new Removed { Cause = cause },
        };

    public static Opened Opened(TimeSpan? heartbeat = null, TimeSpan? lifetime = null) =>
        new()
        {
            HeartbeatInterval = (heartbeat ?? TimeSpan.FromSeconds(20)).ToDuration(),
            Lifetime = (lifetime ?? TimeSpan.FromMinutes(15)).ToDuration(),
            Collections = { "spaces/k3f7/collections/movies" },
        };

    public static Page Page(string token, bool reset = false, bool live = false, params Wire.Change[] changes) =>
        new()
        {
            ResumeToken = token,
            Reset = reset,
            Checkpoint = live ? new Checkpoint() : null,
            Changes = { changes },
        };

    public static SubscribeResponse Heartbeat(string token) =>
        new() { Heartbeat = new Heartbeat { ResumeToken = token } };

    public static SubscribeResponse Of(Page page, int scope = 0) => new() { ScopeIndex = scope, Page = page };
}
