using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vibe.Data.Collections;
using Vibe.Data.Documents;
using Vibe.Data.Feed;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Identity.Servers;
using Vibe.Storage;

namespace Vibe.Data;

/// <summary>What, in which order: documents, and the feed that is nothing but documents in the order of a view.</summary>
public sealed class DataModule : VibeModule
{
    /// <inheritdoc />
    public override string Role => "data";

    /// <inheritdoc />
    public override void AddServices(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var limits = DocumentLimits.From(builder.Configuration);
        var calls = Limits.From(builder.Configuration);
        services.AddSingleton(limits);
        services.AddSingleton(new LimitPart(stated => State(stated, limits, calls)));
        services.AddSingleton(new ModelPart(DocumentMapping.Build));
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<DocumentReader>();
        services.AddSingleton<DocumentWriter>();
        services.AddSingleton<WriteRequests>();
        services.AddSingleton<FeedPlans>();
        services.AddSingleton(provider => new ChangeFeed(
            provider.GetRequiredService<DocumentStore>(),
            provider.GetRequiredService<FeedPlans>()
        ));
    }

    /// <inheritdoc />
    public override void MapEndpoints(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapVibeService<DocumentEndpoints>();
        endpoints.MapVibeService<CollectionEndpoints>();
    }

    private static void State(Identity.V1.Limits stated, DocumentLimits limits, Limits calls)
    {
        stated.DocumentBytes = limits.ShareBytes;
        stated.DocumentDepth = limits.Depth;
        stated.DocumentValues = limits.ShareValues;
        stated.RequestBytes = calls.MessageBytes;
        stated.BatchWrites = calls.BatchWrites;
        stated.PageSize = calls.MaxPageSize;
        stated.IdempotencyWindow = Duration.FromTimeSpan(calls.IdempotencyWindow);
    }
}
