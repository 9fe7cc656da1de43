using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Vibe.Access.V1;

namespace Vibe.Hosting.Access;

/// <summary>
/// Puts the access rule that the contract declares for each rpc on all of its endpoints, gRPC and REST alike, and
/// refuses to map a service that has an rpc without one.
/// </summary>
public static class Door
{
    /// <summary>Maps a service of the contract.</summary>
    /// <exception cref="InvalidOperationException">A method declares no access rule.</exception>
    public static GrpcServiceEndpointConventionBuilder MapVibeService<TService>(this IEndpointRouteBuilder endpoints)
        where TService : class
    {
        var rules = RulesOf(DescriptorOf(typeof(TService)));
        var service = endpoints.MapGrpcService<TService>();
        service.Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<GrpcMethodMetadata>().LastOrDefault() is not { } method)
                return;
            foreach (var metadata in MetadataOf(rules[method.Method.Name]))
                endpoint.Metadata.Add(metadata);
        });
        return service;
    }

    /// <summary>Reads the rule of each method of a service.</summary>
    /// <exception cref="InvalidOperationException">A method declares no access rule.</exception>
    public static IReadOnlyDictionary<string, AccessRequirement> RulesOf(ServiceDescriptor service) =>
        service.Methods.ToDictionary(method => method.Name, method => new AccessRequirement(method, RuleOf(method)));

    private static AccessRule RuleOf(MethodDescriptor method)
    {
        var rule = method.GetOptions()?.GetExtension(AccessExtensions.Access);
        return rule is null or { CallerCase: AccessRule.CallerOneofCase.None }
            ? throw new InvalidOperationException($"{method.FullName} declares no access rule.")
            : rule;
    }

    private static IEnumerable<object> MetadataOf(AccessRequirement requirement)
    {
        if (requirement.Rule.CallerCase == AccessRule.CallerOneofCase.Anonymous)
            return [new AllowAnonymousAttribute()];
        var policy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(requirement).Build();
        return [new AuthorizeAttribute(), policy];
    }

    private static ServiceDescriptor DescriptorOf(Type service)
    {
        for (var type = service.BaseType; type is not null; type = type.BaseType)
            if (type.DeclaringType?.GetProperty("Descriptor")?.GetValue(null) is ServiceDescriptor descriptor)
                return descriptor;
        throw new InvalidOperationException($"{service.Name} derives from no generated service.");
    }
}
