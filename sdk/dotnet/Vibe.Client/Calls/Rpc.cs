namespace Vibe.Client.Calls;

/// <summary>Names a method for retries, hooks and logs; nothing of a request stands here.</summary>
internal sealed record Rpc(string Service, string Method, bool IsRead)
{
    /// <summary>The package of every stream.</summary>
    public const string Sync = "vibe.sync.v1";

    public static readonly Rpc GetDocument = new("vibe.data.v1.DocumentService", "GetDocument", IsRead: true);
    public static readonly Rpc ListDocuments = new("vibe.data.v1.DocumentService", "ListDocuments", IsRead: true);
    public static readonly Rpc BatchWrite = new("vibe.data.v1.DocumentService", "BatchWrite", IsRead: false);
    public static readonly Rpc ListCollections = new("vibe.data.v1.CollectionService", "ListCollections", IsRead: true);
    public static readonly Rpc Pull = new($"{Sync}.SyncService", "Pull", IsRead: true);

    /// <summary>The package, by which servers say where they serve what.</summary>
    public string Package { get; } = PackageOf(Service);

    public static string PackageOf(string service) => service[..Math.Max(0, service.LastIndexOf('.'))];
}
