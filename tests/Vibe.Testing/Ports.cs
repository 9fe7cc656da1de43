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
            if (Random.Shared.Next(First, Last) is var port && IsFree(port))
                return port;
    }

    /// <summary>A port that nobody listens on, as nobody does on the next one: <c>vibe</c> takes both.</summary>
    public static int FreePair()
    {
        while (true)
            if (Free() is var port && IsFree(port + 1))
                return port;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
