using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class DocumentSnapshotTests
{
    [Fact]
    public void A_snapshot_can_be_made_of_a_value()
    {
        var alien = new DocumentSnapshot<Movie>("m1", new Movie("Alien", 1979)) { Etag = "e1" };

        Assert.Equal("m1", alien.Id);
        Assert.Equal("Alien", alien.Value.Title);
        Assert.Equal("""{"Title":"Alien","Year":1979}""", alien.Json);
    }

    [Fact]
    public void Snapshots_of_the_same_state_are_equal()
    {
        var one = new DocumentSnapshot<Movie>("m1", new Movie("Alien")) { Etag = "e1" };
        var same = new DocumentSnapshot<Movie>("m1", new Movie("Alien")) { Etag = "e1" };
        var other = new DocumentSnapshot<Movie>("m1", new Movie("Aliens")) { Etag = "e2" };

        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
    }
}
