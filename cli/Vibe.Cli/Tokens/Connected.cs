using System.Net.Sockets;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;
using Vibe.Client;

namespace Vibe.Cli.Tokens;

/// <summary>A client of the server that the command is about, as the person and app that it names.</summary>
internal sealed class Connected : IAsyncDisposable
{
    private readonly Vault? _vault;

    private Connected(VibeClient client, Vault? vault)
    {
        Client = client;
        _vault = vault;
    }

    public VibeClient Client { get; }

    /// <summary>Connects as the person, and the app, that the command names.</summary>
    /// <exception cref="CommandException">There is no server, or nobody to be.</exception>
    public static Task<Connected> OpenAsync(Invocation invocation, bool waits = false) =>
        OpenAsync(invocation, invocation.Person, invocation.App, waits);

    /// <summary>Connects as the person alone.</summary>
    /// <exception cref="CommandException">There is no server, or nobody to be.</exception>
    public static Task<Connected> AsOwnerAsync(Invocation invocation, string? person = null) =>
        OpenAsync(invocation, person ?? invocation.Person, null, waits: false);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_vault is not null)
            await _vault.DisposeAsync();
    }

    private static async Task<Connected> OpenAsync(Invocation invocation, string? person, string? app, bool waits)
    {
        var place = invocation.Place;
        var address = AddressOf(place);
        if (!waits && !await ServerFile.AnswersAsync(address, invocation.Cancellation))
            throw CommandException.Unreachable(
                $"Nobody answers at {address}.",
                place.Server is null ? $"vibe dev{place.Options}" : "vibe dev, or another --server"
            );
        if (place.Server is not null && Environment.GetEnvironmentVariable("VIBE_TOKEN") is { Length: > 0 } token)
            return new Connected(new VibeClient(address, token, Options(place)), null);
        var vault = await Vault.OpenAsync(place, invocation.Cancellation);
        try
        {
            var account = await vault.PersonAsync(person, invocation.Cancellation);
            var grant = app is null ? null : await vault.GrantAsync(account, app, invocation.Cancellation);
            var tokens = vault.Tokens(account, app ?? Vault.FirstParty, grant);
            return new Connected(new VibeClient(address, tokens, Options(place)), vault);
        }
        catch
        {
            await vault.DisposeAsync();
            throw;
        }
    }

    private static Uri AddressOf(Place place)
    {
        if (place.Server is null)
            return ServerFile.Read(place.Folder)?.Address
                ?? throw CommandException.Unreachable(
                    $"No server runs on {place.Folder}.",
                    $"vibe dev{place.Options}, or --data FOLDER, or --server URL"
                );
        return Uri.TryCreate(place.Server, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw CommandException.Usage($"--server '{place.Server}' is no address like http://127.0.0.1:5280.");
    }

    private static VibeClientOptions Options(Place place) =>
        new()
        {
            Application = "vibe-cli",
            Retry = new RetryPolicy { MaxDelay = TimeSpan.FromSeconds(2) },
            ConfigureChannel = channel =>
            {
                if (place.Server is null && channel.HttpHandler is SocketsHttpHandler handler)
                    handler.ConnectCallback = (_, cancellation) => DialAsync(place.Folder, cancellation);
            },
        };

    // A server that starts again may answer on another port: each connection looks the address up anew.
    private static async ValueTask<Stream> DialAsync(string folder, CancellationToken cancellation)
    {
        var address =
            ServerFile.Read(folder)?.Address
            ?? throw new SocketException((int)SocketError.ConnectionRefused, $"No server runs on {folder}.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
