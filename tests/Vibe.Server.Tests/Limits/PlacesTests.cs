using Vibe.Hosting.Access;

namespace Vibe.Server.Tests.Limits;

public sealed class PlacesTests
{
    [Fact]
    public async Task Whoever_comes_too_late_waits_for_its_turn_and_too_many_are_sent_away()
    {
        var places = new Places(most: 1, waiting: 1);
        var first = places.TryEnter("a");
        Assert.NotNull(first);
        Assert.Null(places.TryEnter("a"));
        var second = places.EnterAsync("a", default);
        Assert.False(second.IsCompleted);
        Assert.Null(await places.EnterAsync("a", default));
        using var other = places.TryEnter("b");
        Assert.NotNull(other);

        first.Dispose();

        using var turn = await second;
        Assert.NotNull(turn);
    }

    [Fact]
    public async Task A_name_is_forgotten_with_its_last_place_however_that_went()
    {
        var places = new Places(most: 1, waiting: 1);
        var place = places.TryEnter("a")!;
        using var tired = new CancellationTokenSource();
        var waiting = places.EnterAsync("a", tired.Token);
        Assert.Null(places.TryEnter("a"));
        await tired.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        Assert.Equal(1, places.Names);

        place.Dispose();
        place.Dispose();

        Assert.Equal(0, places.Names);
        using var again = places.TryEnter("a");
        Assert.NotNull(again);
    }
}
