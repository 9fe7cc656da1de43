using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Consent.Grants;

public sealed class GrantExpiryTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_grant_whose_time_ran_out_allows_nothing_and_stays_ended(Engine engine)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var server = await VibeServer.StartAsync(
            new ServerSetup { Engine = engine, Services = services => services.AddSingleton<TimeProvider>(time) }
        );
        var alice = await server.PersonAsync("alice");
        var allow = new Allow("movies", [Operation.Read, Operation.Create], "*");
        var app = await alice.AppAsync("notes", allow);
        var soon = new Grant { ExpireTime = Timestamp.FromDateTimeOffset(time.GetUtcNow().AddMinutes(20)) };
        await alice.Own.Grants.UpdateGrantAsync(new UpdateGrantRequest { Name = app.Grant.Name, Grant = soon });
        await app.Actor.CreateAsync("spaces/me/collections/movies", "m1", key: "k");

        time.Advance(TimeSpan.FromMinutes(18));
        await app.WithTokenOf(null).GetAsync(alice.Document("movies", "m1"));
        Assert.Equal(
            "ACCESS_TOKEN_EXPIRED",
            await ReasonAsync(() => app.Actor.GetAsync(alice.Document("movies", "m1")))
        );
        time.Advance(TimeSpan.FromMinutes(3));
        var actor = app.WithTokenOf(null);
        Assert.Equal("GRANT_EXPIRED", await ReasonAsync(() => actor.GetAsync(alice.Document("movies", "m1"))));
        Assert.Equal(
            "GRANT_EXPIRED",
            await ReasonAsync(() => actor.CreateAsync("spaces/me/collections/movies", "m1", key: "k"))
        );
        var own = (await actor.Grants.GetGrantAsync(new GetGrantRequest { Name = "spaces/me/grants/me" })).Grant;
        Assert.Equal(GrantState.Expired, own.State);
        Assert.Null(own.RevokeTime);

        var owner = alice.Renewed();
        var longer = new UpdateGrantRequest
        {
            Name = app.Grant.Name,
            Grant = new Grant { ExpireTime = Timestamp.FromDateTimeOffset(time.GetUtcNow().AddDays(30)) },
        };
        Assert.Equal("GRANT_ENDED", await ReasonAsync(async () => await owner.Grants.UpdateGrantAsync(longer)));
        var revoked = await owner.Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = app.Grant.Name });
        Assert.Equal(own, revoked.Grant);
        var again = new Grant { App = app.App.Name, ManifestDigest = app.App.ManifestDigest };
        again.Access.Add(Person.ToEntry(allow));
        var made = await owner.Grants.CreateGrantAsync(new CreateGrantRequest { Parent = "spaces/me", Grant = again });
        Assert.NotEqual(app.Grant.Name, made.Grant.Name);
        Assert.Equal(GrantState.Active, made.Grant.State);
    }
}
