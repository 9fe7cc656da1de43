using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>The server that <see cref="KilledGround"/> starts as a process: it says where it is, and ends with its parent.</summary>
internal static class ChildServer
{
    public static async Task RunAsync(string folder, string? postgres)
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = postgres is null ? Engine.Sqlite : Engine.Postgres,
                Folder = folder,
                Postgres = postgres,
                ExpectsErrors = true,
            }
        );
        Console.WriteLine(server.GrpcAddress);
        await Console.In.ReadToEndAsync();
    }
}
