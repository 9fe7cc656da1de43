using Vibe.Consent.Policy;
using Vibe.Hosting.Access;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;
using Vibe.Sync.Subscriptions;

namespace Vibe.Server.Tests.Sync;

/// <summary>What a scope of a stream knows of the signals that wake it from other threads.</summary>
public sealed class FollowedScopeTests
{
    [Fact]
    public void What_a_read_is_told_of_its_causes_stays_as_it_is_whatever_wakes_the_scope_meanwhile()
    {
        var scope = new FollowedScope(
            0,
            new Caller("did:vibe:k3f7", Caller.FirstPartyClient, null, DateTimeOffset.MaxValue),
            new AskedScope(new CollectionName(new SpaceName("k3f7"), "movies"), null, [], false)
        );
        var (first, second) = (new SignalCause(1, default), new SignalCause(2, default));

        var none = scope.BeginRead();
        scope.Wake(first);
        var one = scope.BeginRead();
        scope.Wake(second);

        Assert.Empty(none);
        Assert.Equal([first], one);
        Assert.Equal([second], scope.BeginRead());
    }
}
