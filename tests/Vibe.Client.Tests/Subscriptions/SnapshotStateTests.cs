using System.Text.Json.Nodes;
using CsCheck;
using Vibe.Client.Subscriptions;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;
using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SnapshotStateTests
{
    private readonly SnapshotState<JsonObject> _state = new(Codec<JsonObject>.Reflected);

    [Fact]
    public void Nothing_is_given_between_checkpoints()
    {
        _state.Apply(Page(reset: true, live: true, Put("a", "e1")));
        Assert.NotNull(_state.Take());

        _state.Apply(Page(reset: false, live: false, Put("a", "e2"), Put("b", "e1")));

        Assert.Null(_state.Take());
    }

    [Fact]
    public void A_slow_reader_gets_one_bigger_step()
    {
        _state.Apply(Page(reset: true, live: true, Put("a", "e1"), Put("b", "e1")));
        _state.Take();
        _state.Apply(Page(reset: false, live: true, Put("a", "e2")));
        _state.Apply(Page(reset: false, live: true, Removed("b"), Put("c", "e1")));
        _state.Apply(Page(reset: false, live: true, Removed("c")));

        var view = _state.Take()!;

        Assert.Equal(["a"], view.Documents.Keys);
        Assert.Equal(["a", "b"], view.Changes.Select(change => change.Id));
        Assert.Equal("e2", view.Changes[0].Document!.Etag);
        Assert.Equal(RemovalCause.Deleted, view.Changes[1].Cause);
    }

    [Fact]
    public void A_reset_drops_what_no_page_brings_and_tells_only_of_differences()
    {
        _state.Apply(Page(reset: true, live: true, Put("a", "e1"), Put("b", "e1"), Put("c", "e1")));
        _state.Take();
        _state.Apply(Page(reset: true, live: false, Put("a", "e1")));
        _state.Apply(Page(reset: false, live: true, Put("c", "e2")));

        var view = _state.Take()!;

        Assert.Equal(["a", "c"], view.Documents.Keys);
        Assert.Equal(["b", "c"], view.Changes.Select(change => change.Id));
        Assert.Equal(RemovalCause.NoLongerVisible, view.Changes[0].Cause);
    }

    [Fact]
    public void What_comes_again_unchanged_is_no_news()
    {
        _state.Apply(Page(reset: true, live: true, Put("a", "e1")));
        _state.Take();
        _state.Apply(Page(reset: false, live: true, Put("a", "e1")));

        Assert.Null(_state.Take());
    }

    [Fact]
    public void Losing_touch_before_the_first_listing_gives_nothing()
    {
        _state.LoseTouch(new VibeException(Grpc.Core.StatusCode.Unavailable, null, "Gone."));

        Assert.Null(_state.Take());
    }

    [Fact]
    public void Views_and_differences_agree_with_a_plain_map()
    {
        var step = Gen.Select(
            Gen.Int[0, 5],
            Gen.Int[0, 3],
            Gen.Int[0, 9],
            Gen.Bool,
            (id, etag, kind, takes) => (id, etag, kind, takes)
        );
        step.Array[1, 60]
            .Sample(steps =>
            {
                var state = new SnapshotState<JsonObject>(Codec<JsonObject>.Reflected);
                var mirror = new Dictionary<string, string>();
                var generation = default(HashSet<string>);
                var seen = new Dictionary<string, string>();
                var atCheckpoint = default(Dictionary<string, string>);
                foreach (var (id, etag, kind, takes) in steps)
                {
                    var name = $"d{id}";
                    var reset = kind == 9;
                    var live = kind >= 6;
                    var change = etag == 0 ? Removed(name) : Put(name, $"e{etag}");
                    generation = reset ? [] : generation;
                    if (etag == 0)
                    {
                        mirror.Remove(name);
                        generation?.Remove(name);
                    }
                    else
                    {
                        mirror[name] = $"e{etag}";
                        generation?.Add(name);
                    }

                    if (live)
                    {
                        foreach (var old in mirror.Keys.Where(key => generation?.Contains(key) == false).ToArray())
                        {
                            mirror.Remove(old);
                        }

                        generation = null;
                        atCheckpoint = new Dictionary<string, string>(mirror);
                    }

                    state.Apply(Page(reset, live, change));
                    if (!takes || state.Take() is not { } view)
                    {
                        continue;
                    }

                    foreach (var difference in view.Changes)
                    {
                        if (difference.Document is { } document)
                        {
                            Assert.NotEqual(document.Etag, seen.GetValueOrDefault(difference.Id));
                            seen[difference.Id] = document.Etag;
                        }
                        else
                        {
                            Assert.True(seen.Remove(difference.Id));
                        }
                    }

                    Assert.Equivalent(
                        atCheckpoint,
                        view.Documents.ToDictionary(pair => pair.Key, pair => pair.Value.Etag),
                        strict: true
                    );
                    Assert.Equivalent(atCheckpoint, seen, strict: true);
                }
            });
    }

    private static FeedPage Page(bool reset, bool live, params Wire.Change[] changes) => new(changes, reset, live, "t");
}
