using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Rates;

/// <summary>
/// Where a call comes from, as far as it is told apart: an address of IPv4, the first 64 bits of one of IPv6, since whoever
/// has one has the 2^64 of its subnet (RFC 4291, 2.5.4).
/// </summary>
public readonly record struct Network(ulong High, ulong Low)
{
    private const int SubnetBytes = 8;
    private const int Bytes = 16;

    /// <summary>Where a request comes from.</summary>
    public static Network Of(HttpContext context) => Of(context.Connection.RemoteIpAddress ?? IPAddress.None);

    /// <summary>The network of an address.</summary>
    public static Network Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            address.TryWriteBytes(bytes, out _);
            return OfVersion4(bytes);
        }
        address.TryWriteBytes(bytes, out _);
        return address.IsIPv4MappedToIPv6
            ? OfVersion4(bytes[12..])
            : new Network(BinaryPrimitives.ReadUInt64BigEndian(bytes[..SubnetBytes]), 0);
    }

    // Beside all subnets: none of them has anything in its lower half.
    private static Network OfVersion4(ReadOnlySpan<byte> bytes) =>
        new(0, (1UL << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
