namespace Vibe.Client.Calls;

/// <summary>Names a method for retries, hooks and logs; nothing of a request stands here.</summary>
internal sealed record Rpc(string Service, string Method, bool IsRead)
{
    public static readonly Rpc GetDocument = new("vibe.data.v1.DocumentService", "GetDocument", IsRead: true);
    public static readonly Rpc ListDocuments = new("vibe.data.v1.DocumentService", "ListDocuments", IsRead: true);
    public static readonly Rpc BatchWrite = new("vibe.data.v1.DocumentService", "BatchWrite", IsRead: false);
    public static readonly Rpc ListCollections = new("vibe.data.v1.CollectionService", "ListCollections", IsRead: true);
    public static readonly Rpc Pull = new("vibe.sync.v1.SyncService", "Pull", IsRead: true);
}
