using System.Text;
using Vibe.Data.Documents;
using Vibe.Errors.V1;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class DocumentLimitsTests
{
    private static readonly DocumentLimits Limits = new();

    [Fact]
    public void A_share_of_one_mebibyte_fits_and_one_byte_more_does_not()
    {
        Limits.CheckShare(OfSize(1 << 20));
        var refusal = Refused.With(ErrorReason.DocumentTooLarge, () => Limits.CheckShare(OfSize((1 << 20) + 1)));
        Assert.Equal(new Dictionary<string, string> { ["limit"] = "1048576" }, refusal.Metadata);
    }

    [Fact]
    public void A_share_of_45000_values_fits_and_one_more_does_not()
    {
        Limits.CheckShare(OfValues(45_000));
        var refusal = Refused.With(ErrorReason.DocumentTooManyValues, () => Limits.CheckShare(OfValues(45_001)));
        Assert.Equal(new Dictionary<string, string> { ["limit"] = "45000" }, refusal.Metadata);
    }

    [Fact]
    public void Removed_members_count_with_their_names_and_one_value()
    {
        Limits.CheckShare(OfSize((1 << 20) - 2), ["é"]);
        Refused.With(ErrorReason.DocumentTooLarge, () => Limits.CheckShare(OfSize((1 << 20) - 1), ["é"]));
        Limits.CheckShare(OfValues(44_998), ["a", "b"]);
        Refused.With(ErrorReason.DocumentTooManyValues, () => Limits.CheckShare(OfValues(44_999), ["a", "b"]));
        Refused.With(ErrorReason.DocumentTooLarge, () => Limits.CheckWhole(OfSize(2 << 20), ["a"]));
    }

    [Fact]
    public void A_full_whole_never_says_which_limit_it_reached()
    {
        Limits.CheckWhole(OfSize(2 << 20));
        Limits.CheckWhole(OfValues(90_000));
        var bySize = Refused.With(ErrorReason.DocumentTooLarge, () => Limits.CheckWhole(OfSize((2 << 20) + 1)));
        var byValues = Refused.With(ErrorReason.DocumentTooLarge, () => Limits.CheckWhole(OfValues(90_001)));
        Assert.Equal(bySize.Message, byValues.Message);
        Assert.Equal(bySize.Metadata, byValues.Metadata);
    }

    private static DocumentBody OfSize(int bytes) =>
        DocumentBody.FromJson(Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', bytes - 8)}\"}}"));

    private static DocumentBody OfValues(int values) =>
        DocumentBody.FromJson(
            Encoding.UTF8.GetBytes($"{{\"a\":[{string.Join(',', Enumerable.Repeat("1", values - 1))}]}}")
        );
}
