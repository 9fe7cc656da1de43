using CsCheck;
using Xunit;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>
/// Each shortcut that the rule could take is caught by the same checks, by wrong places and by what a client sees.
/// The histories are fixed, so that a check which goes blind fails here and every time.
/// </summary>
public class FeedShortcutTests(ITestOutputHelper output)
{
    private const int AtMost = 3_000;

    [Fact]
    public void Counting_hidden_stamps_is_caught()
    {
        Caught(PlaceRules.HiddenStampsCounted, History.Random, FeedChecks.Places);
        Caught(PlaceRules.HiddenStampsCounted, VisibleScript.Pairs, FeedChecks.Twins);
    }

    [Fact]
    public void Ordering_by_raw_revision_is_caught()
    {
        Caught(PlaceRules.OrderedByRawRevision, History.Random, FeedChecks.Places);
        Caught(PlaceRules.OrderedByRawRevision, VisibleScript.Pairs, FeedChecks.Twins);
    }

    [Fact]
    public void Counting_every_list_change_is_caught()
    {
        Caught(PlaceRules.EveryListChangeCounted, History.Random, FeedChecks.Places);
        Caught(PlaceRules.EveryListChangeCounted, VisibleScript.Pairs, FeedChecks.Twins);
    }

    [Fact]
    public void Dropping_the_stamp_of_a_removed_member_is_caught()
    {
        Caught(PlaceRules.RemovedMembersStampDropped, History.Random, FeedChecks.Places);
        Caught(PlaceRules.RemovedMembersStampDropped, History.Random, FeedChecks.Pages);
    }

    [Fact]
    public void Announcing_a_deletion_out_of_sight_is_caught()
    {
        Caught(PlaceRules.DeletionOutOfSightAnnounced, History.Random, FeedChecks.Places);
        Caught(PlaceRules.DeletionOutOfSightAnnounced, History.Random, FeedChecks.Pages);
        Caught(PlaceRules.DeletionOutOfSightAnnounced, VisibleScript.Pairs, FeedChecks.Twins);
        Caught(PlaceRules.DeletionOutOfSightAnnouncedToFormerReaders, VisibleScript.Pairs, FeedChecks.Twins);
    }

    [Fact]
    public void Hidden_work_lies_between_two_reads_in_nine_pairs_of_ten()
    {
        var pairs = Enumerable.Range(1, 400).Select(n => Nth(VisibleScript.Pairs, n)).ToList();
        var covered = pairs.Count(p =>
            World.Run(p.Script, p.Seed, PlaceRules.Product).HiddenBetweenReads
            || World.Run(p.Script, p.OtherSeed, PlaceRules.Product).HiddenBetweenReads
        );

        output.WriteLine($"{covered} of {pairs.Count}");
        Assert.True(covered * 10 >= pairs.Count * 9, $"only {covered} of {pairs.Count}");
    }

    private void Caught<T>(PlaceRule shortcut, Gen<T> histories, Func<T, PlaceRule, string?> check)
    {
        var n = 1;
        string? fault;
        while ((fault = check(Nth(histories, n), shortcut)) is null && n < AtMost)
        {
            n++;
        }

        output.WriteLine($"{shortcut.Method.Name}, {check.Method.Name}: {n} ({fault})");
        Assert.NotNull(fault);
        Assert.Null(check(Nth(histories, n), PlaceRules.Product));
    }

    private static T Nth<T>(Gen<T> histories, int n) => histories.Generate(new PCG((uint)n, 20_260_101), null, out _);
}
