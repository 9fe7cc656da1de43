using Vibe.Consent;
using Vibe.Data;
using Vibe.Hosting;
using Vibe.Identity;
using Vibe.Sync;

namespace Vibe.Server;

internal static class Modules
{
    /// <summary>All modules, in the order of who may know whom.</summary>
    public static IReadOnlyList<VibeModule> All { get; } =
    [new IdentityModule(), new ConsentModule(), new DataModule(), new SyncModule()];
}
