using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>Where clients find a server, and the server in this process that stands on the same data.</summary>
/// <param name="Server">Makes people and tokens, and writes past the clients.</param>
/// <param name="Grpc">Where gRPC over HTTP/2 is.</param>
/// <param name="Web">Where gRPC-web and REST are.</param>
internal sealed record Entrance(VibeServer Server, Uri Grpc, Uri Web);
