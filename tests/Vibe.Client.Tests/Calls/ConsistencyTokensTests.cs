using CsCheck;
using Vibe.Client.Calls;
using Xunit;

namespace Vibe.Client.Tests.Calls;

public sealed class ConsistencyTokensTests
{
    [Fact]
    public void A_token_is_dropped_when_a_write_that_was_sent_after_it_arrived_is_acknowledged()
    {
        var tokens = new ConsistencyTokens();
        tokens.Acknowledge("first", sent: 1, arrived: 2);
        tokens.Acknowledge("second", sent: 3, arrived: 4);

        Assert.Equal(["second"], tokens.ToQuote());
    }

    [Fact]
    public void Tokens_of_writes_that_overlap_are_all_kept()
    {
        var tokens = new ConsistencyTokens();
        tokens.Acknowledge("first", sent: 1, arrived: 3);
        tokens.Acknowledge("second", sent: 2, arrived: 4);

        Assert.Equal(["first", "second"], tokens.ToQuote());
    }

    [Fact]
    public void Forgotten_tokens_are_not_quoted()
    {
        var tokens = new ConsistencyTokens();
        tokens.Acknowledge("first", sent: 1, arrived: 3);
        tokens.Acknowledge("second", sent: 2, arrived: 4);

        tokens.Forget(["first"]);

        Assert.Equal(["second"], tokens.ToQuote());
    }

    [Fact]
    public void What_was_kept_under_me_is_kept_under_the_id_once_it_is_known()
    {
        var spaces = new SpaceLedgers();
        spaces.Of("me").Tokens.Acknowledge("as-me", sent: 1, arrived: 4);
        spaces.Of("k3f7").Tokens.Acknowledge("as-id", sent: 2, arrived: 3);

        spaces.Learn("me", "spaces/k3f7/collections/movies");

        Assert.Equal(["as-id", "as-me"], spaces.Of("me").Tokens.ToQuote());
        Assert.Same(spaces.Of("k3f7"), spaces.Of("me"));
    }

    [Fact]
    public void Every_acknowledged_write_is_covered_and_no_more_are_kept_than_are_in_flight()
    {
        // Each step draws a write in flight and moves it on: sent, carried out, acknowledged. The server carries them
        // out in any order, and a read sees a write when it quotes that write or one carried out later.
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 1000].Array[10, 80])
            .Sample(
                (inFlight, draws) =>
                {
                    var tokens = new ConsistencyTokens();
                    var flying = new List<(long Sent, int? Place)>();
                    var acknowledged = new List<int>();
                    var count = 0L;
                    var order = 0;
                    foreach (var draw in draws)
                    {
                        if (flying.Count < inFlight && draw % 3 == 0)
                        {
                            flying.Add((++count, null));
                            continue;
                        }

                        if (flying.Count == 0)
                        {
                            continue;
                        }

                        var at = draw % flying.Count;
                        if (flying[at].Place is not { } place)
                        {
                            flying[at] = (flying[at].Sent, ++order);
                            continue;
                        }

                        tokens.Acknowledge(place.ToString(), flying[at].Sent, ++count);
                        flying.RemoveAt(at);
                        acknowledged.Add(place);

                        var quoted = tokens.ToQuote().Select(int.Parse).ToArray();
                        Assert.True(quoted.Max() >= acknowledged.Max());
                        Assert.InRange(quoted.Length, 1, inFlight);
                    }
                }
            );
    }
}
