using Vibe.Load.Generators;

namespace Vibe.Load.Peers;

/// <summary>A program that npm has: installed once below the folder of what is built, without running its scripts.</summary>
internal static class NpmPackage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Installs it unless it is there, and gives the folder of its modules.</summary>
    /// <param name="packages">The package, and those that it leaves to whoever installs it, each as <c>name@version</c>.</param>
    /// <exception cref="MissingPeerException">It cannot be had.</exception>
    public static async Task<string> InstallAsync(params string[] packages)
    {
        var npm = PeerProgram.Find("npm");
        var all = Path.GetFullPath("../../../peers", AppContext.BaseDirectory);
        var folder = Path.Combine(all, string.Join('+', packages).Replace('/', '-'));
        if (!Directory.Exists(folder))
        {
            // Under its name once it is complete: what was cut off is not taken for it.
            var part = $"{folder}-{Guid.NewGuid():n}";
            Directory.CreateDirectory(part);
            try
            {
                await Unprivileged
                    .RunAsync([
                        npm,
                        "install",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        "--prefix",
                        part,
                        .. packages,
                    ])
                    .WaitAsync(Patience);
                Directory.Move(part, folder);
            }
            catch (Exception exception) when (exception is LoadException or TimeoutException)
            {
                Directory.Delete(part, recursive: true);
                throw new MissingPeerException($"npm did not install {packages[0]}: {exception.Message}");
            }
        }
        return Path.Combine(folder, "node_modules");
    }
}
