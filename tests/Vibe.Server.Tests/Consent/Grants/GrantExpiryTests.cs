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
        var revoke = new RevokeGrantRequest { Name = app.Grant.Name };
        var revoked = (await owner.Grants.RevokeGrantAsync(revoke)).Grant;
        Assert.Equal(GrantState.Revoked, revoked.State);
        Assert.Equal(revoked, (await owner.Grants.RevokeGrantAsync(revoke)).Grant);
        var again = new Grant { App = app.App.Name, ManifestDigest = app.App.ManifestDigest };
        again.Access.Add(Person.ToEntry(allow));
        var made = await owner.Grants.CreateGrantAsync(new CreateGrantRequest { Parent = "spaces/me", Grant = again });
        Assert.NotEqual(app.Grant.Name, made.Grant.Name);
        Assert.Equal(GrantState.Active, made.Grant.State);
    }

    [Fact]
    public async Task Revoking_ends_a_grant_whose_time_is_over_by_one_clock_and_not_by_another()
    {
        var (ahead, behind) = (
            new FakeTimeProvider(DateTimeOffset.UtcNow),
            new FakeTimeProvider(DateTimeOffset.UtcNow)
        );
        await using var one = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Services = services => services.AddSingleton<TimeProvider>(ahead),
            }
        );
        await using var two = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Folder = one.Folder,
                Postgres = one.Postgres,
                Services = services => services.AddSingleton<TimeProvider>(behind),
            }
        );
        var alice = await one.PersonAsync("alice");
        var app = await alice.AppAsync("notes", new Allow("movies", [Operation.Read, Operation.Create], "*"));
        await app.Actor.CreateAsync("spaces/me/collections/movies", "m1");
        var soon = new Grant { ExpireTime = Timestamp.FromDateTimeOffset(ahead.GetUtcNow().AddMinutes(5)) };
        await alice.Own.Grants.UpdateGrantAsync(new UpdateGrantRequest { Name = app.Grant.Name, Grant = soon });
        ahead.Advance(TimeSpan.FromMinutes(6));
        var there = two.With(app.Actor.Token!);
        await there.GetAsync(alice.Document("movies", "m1"));

        await alice.Own.Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = app.Grant.Name });

        Assert.Equal("GRANT_REVOKED", await ReasonAsync(() => there.GetAsync(alice.Document("movies", "m1"))));
    }
}
