using Grpc.Core;
using Grpc.Net.Client;

namespace Vibe.Cases.Raw;

/// <summary>What one caller calls by.</summary>
/// <param name="Calls">Carries the calls of the contract.</param>
/// <param name="Http">Carries requests that are no such calls.</param>
/// <param name="Token">Who calls; null for nobody.</param>
/// <param name="Channel">What the calls go through, where that is gRPC's.</param>
internal sealed record RawLine(CallInvoker Calls, HttpClient Http, string? Token, GrpcChannel? Channel) : IDisposable
{
    public void Dispose()
    {
        Channel?.Dispose();
        Http.Dispose();
    }
}
