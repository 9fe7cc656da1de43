using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Vibe.Identity.V1;

namespace Vibe.Identity.Servers;

/// <summary>A module's share of the limits that the server states.</summary>
public sealed record LimitPart(Action<Limits> State);

/// <summary>What the server says of itself: version, packages, addresses and limits.</summary>
internal sealed class ServerDescription
{
    private readonly IServer _server;
    private readonly IReadOnlyList<LimitPart> _limits;
    private readonly IReadOnlyList<ServedPackage> _packages;
    private readonly IReadOnlyList<PublicAddress> _outside;

    /// <exception cref="Vibe.Hosting.StartupException">A public address cannot be read.</exception>
    public ServerDescription(
        IServer server,
        IEnumerable<LimitPart> limits,
        IEnumerable<ServedPackage> packages,
        IOptions<ServerOptions> options
    )
    {
        _server = server;
        _limits = [.. limits];
        _packages = [.. packages.OrderBy(package => package.Name, StringComparer.Ordinal)];
        var roles = _packages.Select(package => package.Role).Distinct().ToList();
        _outside = [.. options.Value.PublicAddresses.Select(text => PublicAddress.Parse(text, roles))];
    }

    public GetServerResponse Describe()
    {
        var response = new GetServerResponse { Version = Version, Limits = new Limits() };
        response.Endpoints.Add(_outside.Count > 0 ? _outside.Select(Outside) : Bound());
        var served = response.Endpoints.SelectMany(endpoint => endpoint.Packages).ToHashSet();
        response.Packages.Add(_packages.Select(package => package.Name).Where(served.Contains));
        foreach (var part in _limits)
            part.State(response.Limits);
        return response;
    }

    private static string Version { get; } =
        typeof(ServerDescription)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    private Endpoint Outside(PublicAddress at) =>
        Describe(
            at.Address,
            at.Protocols,
            _packages.Where(package => at.Roles.Count == 0 || at.Roles.Contains(package.Role))
        );

    private IEnumerable<Endpoint> Bound()
    {
        var here = _packages.Where(package => package.IsHere).ToList();
        var bound = _server.Features.Get<IServerAddressesFeature>()?.Addresses.ToArray() ?? [];
        return bound.Length == 2
            ? [Describe(bound[0], [Protocol.Grpc], here), Describe(bound[1], [Protocol.GrpcWeb, Protocol.Rest], here)]
            : bound.Select(address => Describe(address, [Protocol.Grpc, Protocol.GrpcWeb, Protocol.Rest], here));
    }

    private static Endpoint Describe(
        string address,
        IEnumerable<Protocol> protocols,
        IEnumerable<ServedPackage> packages
    )
    {
        var endpoint = new Endpoint { Address = address };
        endpoint.Protocols.Add(protocols);
        endpoint.Packages.Add(packages.Select(package => package.Name));
        return endpoint;
    }
}
