using System.Diagnostics;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>The process of a peer, with its data in a temporary folder that goes with it.</summary>
internal sealed class PeerProgram : IAsyncDisposable
{
    private readonly MeasuredProcess _process;
    private readonly string _folder;

    private PeerProgram(MeasuredProcess process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>Finds a program on the path.</summary>
    /// <exception cref="MissingPeerException">It is not there.</exception>
    public static string Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists)
        ?? throw new MissingPeerException($"{program} is not on the path");

    /// <summary>Starts a program, and returns with its first answer.</summary>
    /// <param name="command">Gives program and arguments, for the folder that the data goes to.</param>
    /// <param name="ask">Asks it something; while nobody listens yet, it fails.</param>
    public static async Task<PeerProgram> StartAsync(Func<string, Task<string[]>> command, Func<Task> ask)
    {
        var folder = Directory.CreateTempSubdirectory("vibe-load-").FullName;
        try
        {
            var words = await command(folder);
            var start = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = folder };
            return new PeerProgram(await MeasuredProcess.StartAsync(start, ask), folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public Usage Usage() => new(ProcessTree.Cpu(_process.Id), null, ProcessTree.Memory(_process.Id), null);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
