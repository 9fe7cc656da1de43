using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Vibe.Testing.Http2;

/// <summary>Connects so that nobody but the caller sends or reads, and what comes can be left where it is.</summary>
public static class RawSocket
{
    // What a reader takes that does not read: so little that whoever sends notices it soon.
    private const int UnreadBytes = 16 * 1024;

    /// <summary>Connects, by TLS where the address says so.</summary>
    /// <param name="server">The address.</param>
    /// <param name="protocol">What is spoken.</param>
    /// <param name="authority">The file of the certificate that is trusted; null over cleartext.</param>
    /// <param name="isUnread">Whether it shall take as little as may be of what is not read.</param>
    /// <param name="from">The address of this machine that it comes from; any unless given.</param>
    public static async Task<Stream> ConnectAsync(
        Uri server,
        SslApplicationProtocol protocol,
        string? authority = null,
        bool isUnread = false,
        IPAddress? from = null
    )
    {
        var socket = from is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            if (isUnread)
                socket.ReceiveBufferSize = UnreadBytes;
            await socket.ConnectAsync(server.Host, server.Port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (server.Scheme == Uri.UriSchemeHttp)
            return plain;
        var secure = new SslStream(plain);
        try
        {
            var options = Envoy.Trusting(X509CertificateLoader.LoadCertificateFromFile(authority!));
            options.TargetHost = server.Host;
            options.ApplicationProtocols = [protocol];
            await secure.AuthenticateAsClientAsync(options);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }
}
