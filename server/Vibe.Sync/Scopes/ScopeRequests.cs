using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Identity.Tokens;
using Vibe.Sync.V1;

namespace Vibe.Sync.Scopes;

/// <summary>Reads scopes from requests.</summary>
internal sealed class ScopeRequests(ResumeTokens tokens, ConsistencyTokens consistency)
{
    public const int MaxScopes = 256;

    public AskedScope Read(Scope? scope, string field, int index, Caller caller)
    {
        if (scope is null)
            throw CallErrors.FieldInvalid(field, "it is required.");
        var collection = CollectionName.Parse(scope.Collection, $"{field}.collection", caller);
        return new AskedScope(
            collection,
            tokens.Open(caller, collection, scope.ResumeToken, index),
            consistency.Open(collection.Space, scope.ConsistencyTokens),
            scope.StructuredBodies
        );
    }

    public IReadOnlyList<AskedScope> Read(SubscribeRequest request, Caller caller)
    {
        if (request.Scope is not null && request.Scopes.Count > 0)
            throw CallErrors.FieldInvalid("scope", "give either 'scope' or 'scopes'.");
        if (request.Scopes.Count > MaxScopes)
            throw CallErrors.TooManyItems("scopes", request.Scopes.Count, MaxScopes);
        return request.Scopes.Count == 0
            ? [Read(request.Scope, "scope", 0, caller)]
            : [.. request.Scopes.Select((scope, index) => Read(scope, $"scopes[{index}]", index, caller))];
    }
}
