using System.Globalization;
using System.Text;
using CsCheck;
using Vibe.Hosting.Json;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class JsonNumberTests
{
    private static readonly JsonLimits Limits = new(Depth: 30, NameBytes: 256);

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("0e99999999999", "0")]
    [InlineData("1.0", "1")]
    [InlineData("-1.0", "-1")]
    [InlineData("10e-1", "1")]
    [InlineData("1E2", "100")]
    [InlineData("1e23", "1e+23")]
    [InlineData("100000000000000000000000", "1e+23")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("-5e-324", "-5e-324")]
    [InlineData("2e-324", "0")]
    [InlineData("123.456e-789", "0")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("2.2250738585072014e-308", "2.2250738585072014e-308")]
    [InlineData("2.225073858507201e-308", "2.225073858507201e-308")]
    [InlineData("1e21", "1e+21")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("999999999999999900000", "999999999999999900000")]
    [InlineData("999999999999999999999.0", "1e+21")]
    [InlineData("1e-6", "0.000001")]
    [InlineData("1e-7", "1e-7")]
    [InlineData("0.00000123", "0.00000123")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("-123456789012345680000", "-123456789012345680000")]
    [InlineData("0.1", "0.1")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("333333333.33333329", "333333333.3333333")]
    [InlineData("333333333.3333332", "333333333.3333332")]
    [InlineData("4.50", "4.5")]
    [InlineData("295147905179352830000.0", "295147905179352830000")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("9007199254740994", "9007199254740994")]
    [InlineData("9007199254740993.0", "9007199254740992")]
    [InlineData("9007199254740993e0", "9007199254740992")]
    [InlineData("9007199254740996", "9007199254740996")]
    [InlineData("9007199254740997.0", "9007199254740996")]
    [InlineData("1424953923781206.2", "1424953923781206.2")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("9.5367431640625e-7", "9.5367431640625e-7")]
    [InlineData("9.999999999999997e22", "9.999999999999997e+22")]
    [InlineData("1.0000000000000001e23", "1.0000000000000001e+23")]
    [InlineData("2.98023223876953125e-8", "2.9802322387695312e-8")]
    [InlineData("4.1045368012983762e-289", "4.1045368012983762e-289")]
    [InlineData("5.684341886080802e-14", "5.684341886080802e-14")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("9223372036854776000", "9223372036854776000")]
    public void Numbers_are_printed_as_ECMAScript_does(string json, string canonical)
    {
        Assert.Equal(canonical, Canonical(json));
        Assert.Equal(canonical, Canonical(canonical));
    }

    // What a reader gets is the canonical text, so the digits that stand in it decide, and not the exact value of the
    // double: 2^63 would come back as 9223372036854776000.
    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("10000000000000000999")]
    [InlineData("123123123123123123123123123123")]
    [InlineData("1e309")]
    [InlineData("-1.7976931348623159e308")]
    public void Numbers_that_would_be_lost_are_refused(string json) =>
        Refused.AsInvalid("", "number", () => Canonical(json));

    [Fact]
    public void Numbers_of_any_length_are_read_in_time_and_rounded_rightly()
    {
        Assert.Equal("1", Canonical("0." + new string('0', 200_000) + "1e200001"));
        Assert.Equal("0.1", Canonical("0.1" + new string('0', 1_000_000)));
        Assert.Equal("1e+300", Canonical("1" + new string('0', 300)));
        Assert.Equal("9007199254740994", Canonical("9007199254740993." + new string('0', 5_000) + "1"));
        Refused.AsInvalid("", "number", () => Canonical(new string('9', 1_000_000)));
    }

    [Fact]
    public void Any_double_is_printed_as_the_oracle_does_and_read_back_the_same() =>
        Gen.ULong.Select(BitConverter.UInt64BitsToDouble).Where(double.IsFinite).Sample(ComesBack, iter: 20_000);

    [Fact]
    public void Every_power_of_two_and_its_neighbours_are_printed_so_that_they_are_read_back_the_same()
    {
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            var power = Math.ScaleB(1, exponent);
            Assert.All([power, Math.BitIncrement(power), Math.BitDecrement(power)], ComesBack);
        }
    }

    private static void ComesBack(double value)
    {
        Span<byte> text = stackalloc byte[JsonNumber.MaxLength];
        var printed = Encoding.UTF8.GetString(text[..JsonNumber.Format(value, text)]);
        Assert.Equal(JsonOracle.EcmaScript(value), printed);
        Assert.Equal(printed, Canonical(printed));
        Assert.Equal(value, double.Parse(printed, CultureInfo.InvariantCulture));
    }

    private static string Canonical(string json) =>
        Encoding.UTF8.GetString(StrictJson.Canonicalize(Encoding.UTF8.GetBytes(json), Limits).Bytes);
}
