using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vibe.Cli.Servers;

/// <summary>What a running server leaves in its data folder, so that other commands find it. It holds no secret.</summary>
internal sealed record ServerFile(string Grpc, string Web, int Pid)
{
    private const string Name = "server.json";

    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [JsonIgnore]
    public Uri Address => new(Grpc);

    /// <summary>Reads the file; nothing where no server left one.</summary>
    public static ServerFile? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<ServerFile>(File.ReadAllBytes(Path.Combine(folder, Name)), Form);
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the file, whole or not at all, for its owner alone.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, Name);
        var draft = $"{path}.{Pid}";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
            JsonSerializer.Serialize(file, this, Form);
        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Removes the file if it is still this server's.</summary>
    public void Remove(string folder)
    {
        if (Read(folder) == this)
            File.Delete(Path.Combine(folder, Name));
    }

    /// <summary>Whether somebody answers there; a server that was killed leaves its file behind.</summary>
    public static async Task<bool> AnswersAsync(Uri address, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
