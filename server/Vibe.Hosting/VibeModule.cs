using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Vibe.Hosting;

/// <summary>One area of the contract: what it needs at run time, and the services it answers.</summary>
public abstract class VibeModule
{
    /// <summary>The role that hosts this module's endpoints, for example <c>data</c>.</summary>
    public abstract string Role { get; }

    /// <summary>The package of the contract that it answers, for example <c>vibe.data.v1</c>.</summary>
    public string Package => $"vibe.{Role}.v1";

    /// <summary>Registers the module's services, mappings and workers. Every process contains every module.</summary>
    public abstract void AddServices(IHostApplicationBuilder builder);

    /// <summary>Maps the module's rpcs, each through the door.</summary>
    public abstract void MapEndpoints(IEndpointRouteBuilder endpoints);

    /// <summary>Maps what every process answers, whatever its roles.</summary>
    public virtual void MapEverywhere(IEndpointRouteBuilder endpoints) { }
}
