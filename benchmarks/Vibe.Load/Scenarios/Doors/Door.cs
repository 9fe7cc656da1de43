using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Load.Generators;
using Vibe.Testing;

namespace Vibe.Load.Scenarios.Doors;

/// <summary>What a client speaks.</summary>
internal enum Protocol
{
    Grpc,
    GrpcWeb,
    Rest,
}

/// <summary>A way into a server: a protocol at an address, over a version of HTTP.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Protocol">What is spoken.</param>
/// <param name="Address">Where.</param>
/// <param name="IsHttp1">Whether HTTP/1.1 is below it, else HTTP/2.</param>
internal sealed record Door(string Name, Protocol Protocol, Uri Address, bool IsHttp1 = false)
{
    /// <summary>As many calls in flight as a shape has: over HTTP/1.1 each has a connection of its own.</summary>
    public Shape ShapeOf(Shape shape) => IsHttp1 ? new Shape(shape.InFlight, 1) : shape;

    /// <summary>Writes a call as this door takes it.</summary>
    public PlainRequest RequestOf(MethodDescriptor method, IMessage message, string token)
    {
        if (Protocol == Protocol.Rest)
        {
            using var rest = RestRequests.Of(method, message);
            if (rest.Method != HttpMethod.Get)
                throw new NotSupportedException("What is not got over REST.");
            return Of(rest.RequestUri!.OriginalString, [], null);
        }
        var call = new Call(method.Service.FullName, method.Name, message);
        return Protocol == Protocol.Grpc
            ? Of(call.Path, [("content-type", "application/grpc"), ("te", "trailers")], call.Framed)
            : Of(call.Path, [("content-type", "application/grpc-web+proto"), ("x-grpc-web", "1")], call.Framed);

        PlainRequest Of(string path, IEnumerable<(string, string)> headers, byte[]? body) =>
            new(new Uri(Address, path), [.. headers, .. PlainRequest.Bearing(token)], body) { IsHttp1 = IsHttp1 };
    }
}
