using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Proof.StoredTruth.Oracles;
using Vibe.Sync.V1;

namespace Vibe.Proof.StoredTruth;

/// <summary>Somebody with a token, at whichever server there is at the moment.</summary>
internal sealed class Seat(Ground ground, Party party, string token, string grant = "")
{
    private (GrpcChannel Channel, CallInvoker Invoker)? _calls;

    public Party Party => party;

    /// <summary>The grant that the token names.</summary>
    public string Grant => grant;

    public DocumentService.DocumentServiceClient Documents => new(Invoker);
    public SyncService.SyncServiceClient Sync => new(Invoker);
    public GrantService.GrantServiceClient Grants => new(Invoker);

    private CallInvoker Invoker
    {
        get
        {
            var channel = ground.Channel;
            if (_calls?.Channel != channel)
                _calls = (
                    channel,
                    channel.Intercept(metadata =>
                    {
                        metadata.Add("authorization", $"Bearer {token}");
                        return metadata;
                    })
                );
            return _calls.Value.Invoker;
        }
    }
}
