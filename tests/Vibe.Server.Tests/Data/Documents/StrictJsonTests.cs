using System.Text;
using CsCheck;
using Vibe.Errors.V1;
using Vibe.Hosting.Json;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class StrictJsonTests
{
    private static readonly JsonLimits Limits = new(Depth: 30, NameBytes: 256);

    [Theory]
    [InlineData("""{"b":1,"a":2}""", """{"a":2,"b":1}""")]
    [InlineData(""" { "a" : [ 1 , { } , [ ] ] } """, """{"a":[1,{},[]]}""")]
    [InlineData(
        """{"c":{"z":1,"y":{"d":1,"c":2}},"b":"x","a":[{"q":1,"p":2}]}""",
        """{"a":[{"p":2,"q":1}],"b":"x","c":{"y":{"c":2,"d":1},"z":1}}"""
    )]
    [InlineData("""{"ab":1,"a":2,"":3}""", """{"":3,"a":2,"ab":1}""")]
    [InlineData(
        "\"\\u0041\\/\\u00e9\\ud83d\\ude02\\u001F\\u0008\\u000a\\u0022\\u005C\"",
        "\"A/é😂\\u001f\\b\\n\\\"\\\\\""
    )]
    [InlineData("true", "true")]
    [InlineData("[false,null]", "[false,null]")]
    public void What_is_valid_becomes_canonical(string json, string canonical) =>
        Assert.Equal(canonical, Canonical(json));

    [Fact]
    public void Names_sort_by_code_units_and_not_by_code_points() =>
        Assert.Equal(
            "{\"\ud7ff\":4,\"😂\":1,\"\ue000\":3,\"\uffff\":2}",
            Canonical("{\"😂\":1,\"\\uffff\":2,\"\ue000\":3,\"\ud7ff\":4}")
        );

    [Fact]
    public void Names_sort_without_their_escapes() =>
        Assert.Equal("""{"\t":3,"\"":2,"a":1}""", Canonical("""{"a":1,"\u0022":2,"\t":3}"""));

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("{}", 0)]
    [InlineData("7", 0)]
    [InlineData("""{"a":1}""", 1)]
    [InlineData("""{"a":[1,{"b":2},[]]}""", 5)]
    public void Values_are_members_and_elements_over_all_levels(string json, int values)
    {
        Assert.Equal(values, StrictJson.Canonicalize(Bytes(json), Limits).Values);
        Assert.Equal(values, StrictJson.Check(Bytes(json), Limits));
    }

    [Theory]
    [InlineData("", "", "empty")]
    [InlineData(" \n", "", "empty")]
    [InlineData("\ufeff{}", "", "syntax")]
    [InlineData("{} {}", "", "syntax")]
    [InlineData("{\"a\":1,}", "", "syntax")]
    [InlineData("{\"a\" 1}", "", "syntax")]
    [InlineData("{\"a\":[1 2]}", "/a", "syntax")]
    [InlineData("{\"a\":[1,]}", "/a/1", "syntax")]
    [InlineData("{\"a\":[1,tru]}", "/a/1", "syntax")]
    [InlineData("{\"a\":\"\n\"}", "/a", "syntax")]
    [InlineData("{\"a\":\"x", "/a", "syntax")]
    [InlineData("{\"a\":\"\\u12\"}", "/a", "syntax")]
    [InlineData("{\"a\":-}", "/a", "syntax")]
    [InlineData("{\"a\":01}", "/a", "syntax")]
    [InlineData("{\"tags\":[1,2,3,\"\\ud800\"]}", "/tags/3", "surrogate")]
    [InlineData("{\"a\":\"\\udc00\\ud800\"}", "/a", "surrogate")]
    [InlineData("{\"a\":\"\\ud800\\u0041\"}", "/a", "surrogate")]
    [InlineData("{\"a\":{\"\\ud800\":1}}", "/a", "surrogate")]
    [InlineData("{\"a\":\"x\\u0000\"}", "/a", "nul")]
    [InlineData("{\"a\":\"x\0\"}", "/a", "nul")]
    [InlineData("{\"a\":{\"b\":1,\"\\u0000\":1}}", "/a", "nul")]
    [InlineData("{\"a\":1e400}", "/a", "number")]
    [InlineData("{\"a\":-1e400}", "/a", "number")]
    [InlineData("{\"a\":[0,9007199254740993]}", "/a/1", "number")]
    [InlineData("{\"a\":1,\"a\":1}", "/a", "duplicate")]
    [InlineData("{\"a\":1,\"b\":2,\"\\u0061\":1}", "/a", "duplicate")]
    [InlineData("{\"x/y\":[{},{\"c\":1,\"b\":2,\"~\":3,\"b\":1}]}", "/x~1y/1/b", "duplicate")]
    public void What_is_refused_says_where_and_why(string json, string path, string cause)
    {
        Refused.AsInvalid(path, cause, () => StrictJson.Canonicalize(Bytes(json), Limits));
        Refused.AsInvalid(path, cause, () => StrictJson.Check(Bytes(json), Limits));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF }, "syntax")]
    [InlineData(new byte[] { 0xC0, 0x80 }, "syntax")]
    [InlineData(new byte[] { 0xE2, 0x82 }, "syntax")]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 }, "syntax")]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, "surrogate")]
    [InlineData(new byte[] { 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x82 }, "surrogate")]
    public void Bytes_that_are_not_UTF_8_are_refused(byte[] text, string cause)
    {
        byte[] value = [.. "{\"a\":\"é"u8, .. text, .. "\"}"u8];
        byte[] name = [.. "{\"a\":{\"é"u8, .. text, .. "\":1}}"u8];
        Refused.AsInvalid("/a", cause, () => StrictJson.Canonicalize(value, Limits));
        Refused.AsInvalid("/a", cause, () => StrictJson.Canonicalize(name, Limits));
    }

    [Fact]
    public void Nesting_is_taken_up_to_the_limit_and_refused_beyond()
    {
        var fits = new string('[', 30) + new string(']', 30);
        Assert.Equal(fits, Canonical(fits));

        var refusal = Refused.With(
            ErrorReason.DocumentTooDeep,
            () => Canonical("{\"a\":" + new string('[', 30) + new string(']', 30) + "}")
        );
        Assert.Equal("/a" + string.Concat(Enumerable.Repeat("/0", 29)), refusal.Metadata["path"]);
        Assert.Equal("30", refusal.Metadata["limit"]);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    public void A_hundred_thousand_levels_are_refused_without_harm(string level)
    {
        var json = Bytes(string.Concat(Enumerable.Repeat(level, 100_000)));
        Refused.With(ErrorReason.DocumentTooDeep, () => StrictJson.Canonicalize(json, Limits));

        var refusal = Refused.With(
            ErrorReason.JsonInvalid,
            () => StrictJson.Canonicalize(json, new JsonLimits(int.MaxValue, 256))
        );
        Assert.Equal(512, refusal.Metadata["path"].Length);
    }

    [Fact]
    public void A_name_is_taken_up_to_the_limit_in_bytes_and_refused_beyond()
    {
        var longest = string.Concat(Enumerable.Repeat("\\u00e9", 128));
        Assert.Equal($"{{\"{new string('é', 128)}\":1}}", Canonical($"{{\"{longest}\":1}}"));

        var refusal = Refused.With(
            ErrorReason.MemberNameTooLong,
            () => Canonical($"{{\"address\":{{\"x\":1,\"{longest}a\":1}}}}")
        );
        Assert.Equal("/address", refusal.Metadata["path"]);
        Assert.Equal("256", refusal.Metadata["limit"]);
    }

    [Fact]
    public void Paths_in_refusals_are_cut_between_characters()
    {
        var name = string.Concat(Enumerable.Repeat("😂", 60));
        var json = string.Concat(Enumerable.Repeat($"{{\"{name}\":", 20)) + "!";
        var path = Refused.With(ErrorReason.JsonInvalid, () => Canonical(json)).Metadata["path"];
        Assert.InRange(path.Length, 500, 512);
        Assert.Equal(path, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(path)));
    }

    [Fact]
    public void Canonicalizing_twice_changes_nothing() =>
        Gen.Select(JsonOracle.Tree, Gen.Int)
            .Sample(
                (tree, seed) =>
                {
                    var once = StrictJson.Canonicalize(Bytes(JsonOracle.Text(tree, seed)), Limits);
                    var twice = StrictJson.Canonicalize(once.Bytes, Limits);
                    Assert.Equal(once.Bytes, twice.Bytes);
                    Assert.Equal(once.Values, twice.Values);
                },
                iter: 3000
            );

    [Fact]
    public void Random_JSON_becomes_what_the_oracle_says() =>
        Gen.Select(JsonOracle.Tree, Gen.Int)
            .Sample(
                (tree, seed) =>
                {
                    var text = JsonOracle.Text(tree, seed);
                    var node = System.Text.Json.Nodes.JsonNode.Parse(text);
                    var canonical = StrictJson.Canonicalize(Bytes(text), Limits);
                    Assert.Equal(JsonOracle.Canonical(node), Encoding.UTF8.GetString(canonical.Bytes));
                    Assert.Equal(JsonOracle.Values(node), canonical.Values);
                    Assert.Equal(canonical.Values, StrictJson.Check(Bytes(text), Limits));
                },
                iter: 3000
            );

    [Fact]
    public void Random_bytes_are_taken_or_refused_and_nothing_else() =>
        Gen.Select(JsonOracle.Tree, Gen.Int, Gen.Int[0, 1000], Gen.Byte)
            .Sample(
                (tree, seed, place, value) =>
                {
                    var json = Bytes(JsonOracle.Text(tree, seed));
                    json[place % json.Length] = value;
                    var whole = Record.Exception(() => StrictJson.Canonicalize(json, Limits));
                    var check = Record.Exception(() => StrictJson.Check(json, Limits));
                    Assert.True(whole is null or Vibe.Hosting.Errors.VibeException, $"{whole}");
                    Assert.Equal(whole?.Message, check?.Message);
                    if (whole is null)
                    {
                        _ = System.Text.Json.Nodes.JsonNode.Parse(json);
                    }
                },
                iter: 5000
            );

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    private static string Canonical(string json) =>
        Encoding.UTF8.GetString(StrictJson.Canonicalize(Bytes(json), Limits).Bytes);
}
