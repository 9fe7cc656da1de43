using Grpc.Core;
using Vibe.Consent.V1;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class RawTests(LiveServers servers) : IClassFixture<LiveServers>
{
    [Theory, EachEngine]
    public async Task An_owners_program_gives_and_takes_grants_through_generated_stubs(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("notes", [Rights.Read], "*"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(app.Actor);
        var grants = own.Raw(invoker => new GrantService.GrantServiceClient(invoker));

        var listed = await grants.ListGrantsAsync(new ListGrantsRequest { Parent = "spaces/me" });
        await vibe.Me.Collection("notes").ListAsync().ToListAsync();
        await grants.RevokeGrantAsync(new RevokeGrantRequest { Name = listed.Grants.Single().Name });
        var revoked = await Assert.ThrowsAsync<VibeException>(async () =>
            await vibe.Me.Collection("notes").ListAsync().ToListAsync()
        );
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await grants.GetGrantAsync(new GetGrantRequest { Name = $"{alice.Space}/grants/none" })
        );
        var error = VibeException.From(failure);

        Assert.Equal(app.Grant.Name, listed.Grants.Single().Name);
        Assert.Equal(Reason.GrantRevoked, revoked.Reason);
        Assert.NotNull(error.Reason);
        Assert.NotNull(error.RequestId);
    }

    [Theory, EachEngine]
    public async Task Every_request_says_which_client_and_app_it_comes_from(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var wire = new WireRecorder();
        await using var vibe = server.Client(alice.Own, wire.Options("notes/2.1"));

        await vibe.Me.Collection("notes").CreateAsync([]);
        await vibe.Me.Collection("notes").ListAsync().ToListAsync();
        await vibe.Me.Collection("notes").SnapshotsAsync().FirstAsync();
        await vibe.Raw(invoker => new GrantService.GrantServiceClient(invoker))
            .ListGrantsAsync(new ListGrantsRequest { Parent = "spaces/me" });

        var calls = wire.Requests.Where(request => request.Headers.Authorization is not null).ToArray();
        Assert.Equal(4, calls.Length);
        foreach (var call in calls)
        {
            Assert.Matches(
                @"^vibe-csharp/\d+\.\d+\.\d+\S* \(net10\.0; \w+\) notes/2\.1$",
                string.Join(' ', call.Headers.GetValues("User-Agent"))
            );
            Assert.Equal($"Bearer {alice.Own.Token}", call.Headers.Authorization!.ToString());
            Assert.Equal(
                !call.RequestUri!.AbsolutePath.EndsWith("/Subscribe", StringComparison.Ordinal),
                call.Headers.Contains("grpc-timeout")
            );
        }
    }
}
