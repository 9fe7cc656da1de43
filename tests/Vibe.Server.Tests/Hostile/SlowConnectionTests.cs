using System.Net.Sockets;
using System.Text;
using Vibe.Identity.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>Connections that say little, nothing, or are too many: the server ends them by itself and serves the others.</summary>
public sealed class SlowConnectionTests
{
    [Theory]
    [InlineData("GET /v1/accounts/me HTTP/1.1\r\nhost: local")]
    [InlineData(
        "POST /v1/apps HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
    )]
    public async Task A_head_or_a_body_that_does_not_come_ends_its_connection(string sent)
    {
        await using var server = await StartAsync(("HeadTimeout", "00:00:00.5"), ("SlowBodyGrace", "00:00:02"));
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.WebAddress.Host, server.WebAddress.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(sent));
        await EndsAsync(socket);
        await AnswersAsync(server);
    }

    [Fact]
    public async Task Of_too_many_connections_the_last_is_closed_and_its_place_is_free_when_another_ends()
    {
        await using var server = await StartAsync(("Most", "10"));
        var open = new List<TcpClient>();
        for (var count = 0; count < 10; count++)
        {
            open.Add(new TcpClient());
            await open[^1].ConnectAsync(server.WebAddress.Host, server.WebAddress.Port);
        }
        // Each holds its place from the first bytes that were exchanged.
        foreach (var socket in open)
        {
            await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"u8.ToArray());
            Assert.True(await socket.GetStream().ReadAsync(new byte[100]) > 0);
        }
        using (var above = new TcpClient())
        {
            await above.ConnectAsync(server.WebAddress.Host, server.WebAddress.Port);
            await EndsAsync(above);
        }
        foreach (var socket in open)
            socket.Dispose();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            late.Token.ThrowIfCancellationRequested();
            try
            {
                await AnswersAsync(server);
                return;
            }
            catch (Grpc.Core.RpcException)
            {
                // The server has not noticed yet that the others are gone.
            }
        }
    }

    private static async Task AnswersAsync(VibeServer server) =>
        await new ServerService.ServerServiceClient(server.Channel).GetServerAsync(new GetServerRequest());

    private static async Task EndsAsync(TcpClient socket)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            while (await socket.GetStream().ReadAsync(new byte[1000], late.Token) > 0) { }
        }
        catch (IOException)
        {
            // Closed without a farewell.
        }
    }

    private static Task<VibeServer> StartAsync(params (string Name, string Value)[] settings) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = settings.ToDictionary(
                    setting => $"Vibe:Connections:{setting.Name}",
                    setting => (string?)setting.Value
                ),
            }
        );
}
