using System.Text.Json.Nodes;

namespace Vibe.ClientLoad;

/// <summary>What makes the calls: the client, or the generated code alone. Both do the same for who calls them.</summary>
internal abstract class Side
{
    /// <summary>The collection that everything is in.</summary>
    public const string Collection = "load";

    /// <summary>Reads a document and decodes it.</summary>
    public abstract Task<JsonObject> GetAsync(string document);

    /// <summary>Creates a document under a fresh id, which it gives.</summary>
    public abstract Task<string> CreateAsync(JsonObject value);

    /// <summary>Follows the collection and keeps what is in it; after each page it says whether that is now all.</summary>
    /// <param name="held">What is kept: by id the document as it came, or its content decoded.</param>
    /// <param name="keepsDocuments">Which of both.</param>
    public abstract IAsyncEnumerable<bool> FollowAsync(Dictionary<string, object> held, bool keepsDocuments);
}
