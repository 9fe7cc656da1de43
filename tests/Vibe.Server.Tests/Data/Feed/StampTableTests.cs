using CsCheck;
using Vibe.Data.Feed;
using Xunit;

namespace Vibe.Server.Tests.Data.Feed;

public class StampTableTests
{
    private static readonly Gen<Dictionary<string, Stamp>> Tables = Gen.Dictionary(
        Gen.OneOf(
            Gen.String[Gen.Char.AlphaNumeric, 0, 3],
            Gen.OneOf("é", "\uFFFD", "\U0001F3E0", new string('n', 256))
        ),
        Gen.Select(Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue], (revision, at) => new Stamp(revision, at))
    )[0, 8];

    [Fact]
    public void Decoding_gives_back_what_was_encoded() =>
        Tables.Sample(stamps => Assert.Equal(stamps, StampTable.Encode(stamps).Decode()), iter: 1_000);

    [Fact]
    public void Equal_stamps_are_equal_bytes_whatever_the_way_to_them() =>
        Tables.Sample(
            stamps =>
            {
                var grown = stamps
                    .Reverse()
                    .Aggregate(
                        StampTable.Empty,
                        (table, member) => table.With(member.Key, new(0, 0)).With(member.Key, member.Value)
                    );

                Assert.Equal(StampTable.Encode(stamps).Encoded.ToArray(), grown.Encoded.ToArray());
            },
            iter: 1_000
        );

    [Fact]
    public void The_newest_is_found_among_the_members_that_are_seen() =>
        Gen.Select(Tables, Gen.Int[0, 3])
            .Sample(
                (stamps, modulus) =>
                {
                    bool Sees(string name) => modulus > 0 && name.Length % modulus == 0;
                    var expected = stamps
                        .Where(m => Sees(m.Key))
                        .Select(m => m.Value.Revision)
                        .DefaultIfEmpty(-1)
                        .Max();

                    Assert.Equal(expected, StampTable.Encode(stamps).Newest(Sees)?.Revision ?? -1);
                },
                iter: 1_000
            );

    [Fact]
    public void Bytes_that_were_cut_or_lengthened_are_refused() =>
        Tables.Sample(
            stamps =>
            {
                var bytes = StampTable.Encode(stamps).Encoded.ToArray();
                for (var length = 0; length < bytes.Length; length++)
                {
                    Refused(bytes[..length]);
                }

                Refused([.. bytes, 0]);
            },
            iter: 100
        );

    [Fact]
    public void Bytes_that_are_read_encode_to_the_same_bytes() =>
        Gen.Byte[0, 4]
            .Array[0, 12]
            .Sample(
                bytes =>
                {
                    try
                    {
                        var stamps = new StampTable(bytes).Decode();
                        Assert.Equal(bytes, StampTable.Encode(stamps).Encoded.ToArray());
                    }
                    catch (InvalidDataException) { }
                },
                iter: 5_000
            );

    [Fact]
    public void A_name_that_comes_twice_is_refused() => Refused([2, 1, (byte)'a', 1, 1, 1, (byte)'a', 2, 2]);

    [Fact]
    public void Names_out_of_order_are_refused() => Refused([2, 1, (byte)'b', 1, 1, 1, (byte)'a', 2, 2]);

    [Fact]
    public void A_name_that_is_not_utf8_is_refused() => Refused([1, 1, 0xFF, 1, 1]);

    [Fact]
    public void A_number_longer_than_it_needs_to_be_is_refused() => Refused([1, 1, (byte)'a', 0x81, 0x00, 1]);

    [Fact]
    public void A_number_too_large_is_refused() =>
        Refused([1, 1, (byte)'a', 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1]);

    [Fact]
    public void A_stamp_before_the_epoch_is_not_written() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StampTable.Empty.With("a", new(1, -1)));

    private static void Refused(byte[] bytes)
    {
        Assert.Throws<InvalidDataException>(() => new StampTable(bytes).Decode());
        Assert.Throws<InvalidDataException>(() => new StampTable(bytes).Newest(_ => true));
        Assert.Throws<InvalidDataException>(() => new StampTable(bytes).With("c", new(1, 1)));
    }
}
