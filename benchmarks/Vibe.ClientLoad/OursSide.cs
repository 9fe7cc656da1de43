using System.Text.Json.Nodes;
using Vibe.Client;

namespace Vibe.ClientLoad;

/// <summary>The load by the client.</summary>
internal sealed class OursSide(VibeClient client) : Side
{
    private readonly Collection<JsonObject> _documents = client.Me.Collection(Collection);

    public static Side Open(Uri address, string token) => new OursSide(new VibeClient(address, token));

    public override async Task<JsonObject> GetAsync(string document) =>
        (await _documents.Document(document).GetAsync())!.Value;

    public override async Task<string> CreateAsync(JsonObject value) => (await _documents.CreateAsync(value)).Id;

    public override async IAsyncEnumerable<bool> FollowAsync(Dictionary<string, object> held, bool keepsDocuments)
    {
        await foreach (var page in _documents.SubscribeAsync())
        {
            foreach (var change in page.Changes)
                if (change.Document is { } document)
                    held[change.Id] = keepsDocuments ? document : document.Value;
                else
                    held.Remove(change.Id);
            yield return page.IsLive;
        }
    }
}
