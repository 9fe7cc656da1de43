using System.Net;
using System.Net.Sockets;

namespace Vibe.Testing;

/// <summary>Ports of this machine for servers that must know theirs before they start.</summary>
public static class Ports
{
    // Below those that systems hand out to whoever asks for any (RFC 6335 has them from 49,152, Linux from 32,768): one
    // that was free a moment ago would be given to another server now and then, which would then answer in its place.
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>A port that nobody listens on.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
