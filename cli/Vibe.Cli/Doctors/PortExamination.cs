using System.Net;
using System.Net.Sockets;
using Vibe.Cli.Servers;
using Vibe.Storage.Examinations;

namespace Vibe.Cli.Doctors;

/// <summary>Looks whether a server could listen where it is to.</summary>
internal static class PortExamination
{
    /// <summary>Examines an address; one at which the data folder's own server answers is well.</summary>
    public static async Task<Finding> RunAsync(
        string check,
        string address,
        ServerFile? running,
        CancellationToken cancellation
    )
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return new Finding(check, $"'{address}' is no address.", "Give one like http://127.0.0.1:5280.");
        var isOurs = running is not null && new[] { running.Grpc, running.Web }.Any(own => new Uri(own) == uri);
        if (isOurs && await ServerFile.AnswersAsync(uri, cancellation))
            return new Finding(check, $"The server of this data folder answers at {address} (process {running!.Pid}).");
        try
        {
            using var listener = new TcpListener(Host(uri), uri.Port);
            listener.ExclusiveAddressUse = true;
            listener.Start();
            return new Finding(check, $"{address} is free.");
        }
        catch (SocketException exception)
        {
            return new Finding(
                check,
                $"Nothing can listen at {address}: {exception.Message}.",
                "End the program that listens there, or choose another port: 'vibe serve --port N'."
            );
        }
    }

    private static IPAddress Host(Uri uri) =>
        uri.IsLoopback ? IPAddress.Loopback
        : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) ? address
        : IPAddress.Any;
}
