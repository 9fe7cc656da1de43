using Grpc.Core;
using Vibe.Identity.V1;

namespace Vibe.Identity.Servers;

internal sealed class ServerEndpoints(ServerDescription description) : ServerService.ServerServiceBase
{
    public override Task<GetServerResponse> GetServer(GetServerRequest request, ServerCallContext context) =>
        Task.FromResult(description.Describe());
}
