using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>A migrated SQLite database with one person in it, for servers of any kind to serve.</summary>
internal sealed class Data : IDisposable
{
    private Data(string folder, string space, string token) => (Folder, Space, Token) = (folder, space, token);

    public string Folder { get; }

    /// <summary>The id of the person's space.</summary>
    public string Space { get; }

    /// <summary>An access token of the person, of fifteen minutes.</summary>
    public string Token { get; }

    public Dictionary<string, string> Settings =>
        new()
        {
            ["Vibe:GrpcAddress"] = "http://127.0.0.1:0",
            ["Vibe:WebAddress"] = "http://127.0.0.1:0",
            ["Vibe:Storage:Folder"] = Folder,
        };

    /// <summary>Makes the data, in a folder that is there or in one of its own.</summary>
    public static async Task<Data> MakeAsync(string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("vibe-durability-").FullName;
        await using var server = await VibeServer.StartAsync(new ServerSetup { Folder = folder });
        var person = await server.PersonAsync("alice");
        return new Data(folder, person.Id, person.Own.Token!);
    }

    /// <summary>What is in the files.</summary>
    public Dictionary<string, byte[]> Files() =>
        Directory.GetFiles(Folder).ToDictionary(path => path, File.ReadAllBytes);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
