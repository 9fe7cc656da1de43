using System.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Vibe.Identity.V1;
using Endpoint = Vibe.Identity.V1.Endpoint;

namespace Vibe.Identity.Servers;

/// <summary>A module's share of the limits that the server states.</summary>
public sealed record LimitPart(Action<Limits> State);

/// <summary>What the server says of itself: version, packages, addresses and limits.</summary>
internal sealed class ServerDescription(
    EndpointDataSource endpoints,
    IServer server,
    IEnumerable<LimitPart> limits,
    IOptions<ServerOptions> options
)
{
    public GetServerResponse Describe()
    {
        var packages = Packages();
        var response = new GetServerResponse { Version = Version, Limits = new Limits() };
        response.Packages.Add(packages);
        response.Endpoints.Add(Addresses().Select(address => Describe(address.Address, address.Protocols, packages)));
        foreach (var part in limits)
            part.State(response.Limits);
        return response;
    }

    private static string Version { get; } =
        typeof(ServerDescription)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    private IReadOnlyList<string> Packages() =>
        [
            .. endpoints
                .Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>())
                .OfType<GrpcMethodMetadata>()
                .Select(method => method.Method.ServiceName[..method.Method.ServiceName.LastIndexOf('.')])
                .Where(package => package.StartsWith("vibe.", StringComparison.Ordinal))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private IEnumerable<(string Address, Protocol[] Protocols)> Addresses()
    {
        if (options.Value.PublicAddresses is { Length: > 0 } outside)
            return outside.Select(address =>
                (address.TrimEnd('/'), new[] { Protocol.Grpc, Protocol.GrpcWeb, Protocol.Rest })
            );
        var bound = server.Features.Get<IServerAddressesFeature>()?.Addresses.ToArray() ?? [];
        return bound.Length == 2
            ? [(bound[0], [Protocol.Grpc]), (bound[1], [Protocol.GrpcWeb, Protocol.Rest])]
            : bound.Select(address => (address, new[] { Protocol.Grpc, Protocol.GrpcWeb, Protocol.Rest }));
    }

    private static Endpoint Describe(string address, Protocol[] protocols, IReadOnlyList<string> packages)
    {
        var endpoint = new Endpoint { Address = address };
        endpoint.Protocols.Add(protocols);
        endpoint.Packages.Add(packages);
        return endpoint;
    }
}
