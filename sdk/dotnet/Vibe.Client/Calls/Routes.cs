using Vibe.Identity.V1;

namespace Vibe.Client.Calls;

/// <summary>Reads from what a server says of its addresses which packages are reached elsewhere.</summary>
internal static class Routes
{
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>The address without what does not matter to where it leads.</summary>
    public static string Normal(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>
    /// Leads packages that the given address does not serve to the first that does. A server that does not know the
    /// address it is reached by stands behind something that it does not know of: what it says then leads nowhere.
    /// </summary>
    /// <returns>Addresses by package; what stays at the given address is not among them.</returns>
    public static IReadOnlyDictionary<string, string> Elsewhere(string given, IEnumerable<Endpoint> endpoints)
    {
        var speaking = endpoints
            .Where(endpoint => endpoint.Protocols.Contains(Protocol.Grpc))
            .Select(endpoint => (Address: Reachable(endpoint.Address, given), endpoint.Packages))
            .Where(endpoint => endpoint.Address is not null)
            .ToList();
        var here = speaking.Where(endpoint => endpoint.Address == given).ToList();
        if (here.Count == 0)
        {
            return None;
        }

        var stays = here.SelectMany(endpoint => endpoint.Packages).ToHashSet(StringComparer.Ordinal);
        var elsewhere = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (address, packages) in speaking)
        {
            foreach (var package in packages.Where(package => !stays.Contains(package)))
            {
                elsewhere.TryAdd(package, address!);
            }
        }

        return elsewhere;
    }

    // Tokens go there: never by another scheme than the one that was chosen.
    private static string? Reachable(string address, string given) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && given.StartsWith($"{uri.Scheme}://", StringComparison.Ordinal)
        && uri is { Host.Length: > 0, AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
            ? Normal(uri)
            : null;
}
