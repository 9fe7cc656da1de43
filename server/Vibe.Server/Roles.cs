using Vibe.Hosting;

namespace Vibe.Server;

/// <summary>Which modules answer in this process. Every process contains all of them; a role opens their endpoints.</summary>
internal sealed class Roles
{
    private const string All = "all";

    private readonly HashSet<string> _names;

    private Roles(IEnumerable<string> names) => _names = [.. names];

    /// <summary>Reads <c>Vibe:Roles</c>, names separated by commas; <c>all</c> unless told otherwise.</summary>
    public static Roles From(IConfiguration configuration)
    {
        var names = (configuration["Vibe:Roles"] ?? All).Split(
            ',',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );
        var known = Modules.All.Select(module => module.Role).Append(All).ToHashSet();
        var unknown = names.FirstOrDefault(name => !known.Contains(name));
        return unknown is null
            ? new Roles(names)
            : throw new StartupException(
                $"There is no role '{unknown}' (Vibe:Roles); known are {string.Join(", ", known)}."
            );
    }

    public bool Host(VibeModule module) => _names.Contains(All) || _names.Contains(module.Role);
}
