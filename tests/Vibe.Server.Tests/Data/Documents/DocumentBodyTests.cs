using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Google.Protobuf.WellKnownTypes;
using Vibe.Data.Documents;
using Vibe.Errors.V1;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class DocumentBodyTests
{
    [Fact]
    public void A_body_knows_its_members_size_and_values()
    {
        var body = Body("""{"tags":["a","b",{}],"name":"x,{\"","\n":{"y":1}}""");
        Assert.Equal(["\n", "name", "tags"], body.Members.Select(member => member.Name));
        Assert.Equal([2, 1, 4], body.Members.Select(member => member.Values));
        Assert.Equal(7, body.Values);
        Assert.Equal(body.ToArray().Length, body.Size);
        Assert.True(body.TryGet("name", out var name));
        Assert.Equal("\"x,{\\\"\"", Encoding.UTF8.GetString(name.Value.Span));
        Assert.False(body.TryGet("nam", out _));
        Assert.False(body.TryGet("", out _));
    }

    [Fact]
    public void An_empty_object_is_a_body()
    {
        Assert.Equal(DocumentBody.Empty, Body(" { } "));
        Assert.Equal("{}"u8.ToArray(), DocumentBody.Empty.ToArray());
        Assert.Equal(2, DocumentBody.Empty.Size);
        Assert.Equal(DocumentBody.Empty, DocumentBody.FromStruct(new Struct()));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("[]", "syntax")]
    [InlineData("null", "syntax")]
    [InlineData("\"{}\"", "syntax")]
    public void What_is_no_object_is_refused(string json, string cause) =>
        Refused.AsInvalid("", cause, () => Body(json));

    [Fact]
    public void A_projection_holds_the_admitted_members_alone()
    {
        var body = Body("""{"a":1,"b":[2,3],"c":4}""");
        var cut = body.Project(name => name != "a");
        Assert.Equal(Body("""{"b":[2,3],"c":4}"""), cut);
        Assert.Equal("""{"b":[2,3],"c":4}""", Encoding.UTF8.GetString(cut.ToArray()));
        Assert.Equal((17, 4), (cut.Size, cut.Values));
        Assert.Equal(DocumentBody.Empty, body.Project(_ => false));
        Assert.Same(body, body.Project(_ => true));
    }

    [Fact]
    public void Bodies_are_equal_when_their_bytes_are()
    {
        Assert.Equal(Body("""{"a":1.0,"b":2}"""), Body("""{"b":2,"a":1}"""));
        Assert.Equal(Body("""{"a":1.0}""").GetHashCode(), Body("""{"a":1}""").GetHashCode());
        Assert.NotEqual(Body("""{"a":1}"""), Body("""{"a":2}"""));
        Assert.NotEqual(Body("""{"a":1}"""), Body("""{"a":1,"b":1}"""));
    }

    [Fact]
    public void Limits_of_the_operator_hold_instead_of_the_defaults()
    {
        var limits = new DocumentLimits { Depth = 2, NameBytes = 3 };
        Refused.With(ErrorReason.DocumentTooDeep, () => DocumentBody.FromJson("{\"a\":[[]]}"u8, limits.Json));
        Refused.With(ErrorReason.MemberNameTooLong, () => DocumentBody.FromJson("{\"abcd\":1}"u8, limits.Json));
    }

    [Fact]
    public void A_structured_value_follows_the_same_rules()
    {
        Refused.AsInvalid("/a/1", "nul", () => FromStruct(Value.ForList(Value.ForNull(), Value.ForString("x\0"))));
        Refused.AsInvalid("/a", "surrogate", () => FromStruct(Value.ForString("x\ud800")));
        Refused.AsInvalid("/a", "number", () => FromStruct(Value.ForNumber(double.NaN)));
        Refused.AsInvalid("/a", "number", () => FromStruct(Value.ForNumber(double.NegativeInfinity)));
        Refused.AsInvalid("/a", "empty", () => FromStruct(new Value()));
        Refused.AsInvalid("/a", "nul", () => FromStruct(Named("\0")));
        Refused.AsInvalid("/a", "surrogate", () => FromStruct(Named("\udc00")));

        var tooLong = Refused.With(ErrorReason.MemberNameTooLong, () => FromStruct(Named(new string('é', 129))));
        Assert.Equal("/a", tooLong.Metadata["path"]);

        Assert.Equal(30, FromStruct(Nested(29)).Values);
        var tooDeep = Refused.With(ErrorReason.DocumentTooDeep, () => FromStruct(Nested(30)));
        Assert.Equal("/a" + string.Concat(Enumerable.Repeat("/0", 29)), tooDeep.Metadata["path"]);
    }

    [Fact]
    public void A_structured_value_and_JSON_text_give_the_same_body() =>
        Gen.Select(JsonOracle.Object, Gen.Int)
            .Sample(
                (tree, seed) =>
                {
                    var body = Body(JsonOracle.Text(tree, seed));
                    var structured = DocumentBody.FromStruct(body.ToStruct());
                    Assert.Equal(body.ToArray(), structured.ToArray());
                    Assert.Equal(body.Values, structured.Values);
                },
                iter: 2000
            );

    [Fact]
    public void What_is_stored_comes_back_the_same() =>
        Gen.Select(JsonOracle.Object, Gen.Int)
            .Sample(
                (tree, seed) =>
                {
                    var text = JsonOracle.Text(tree, seed);
                    var body = Body(text);
                    var stored = DocumentBody.FromStored(body.ToArray());
                    var written = new ArrayBufferWriter<byte>();
                    stored.WriteTo(written);

                    Assert.Equal(body, stored);
                    Assert.Equal(body.ToArray(), written.WrittenSpan.ToArray());
                    Assert.Equal(JsonOracle.Values(JsonNode.Parse(text)), stored.Values);
                    Assert.All(
                        stored.Members,
                        member =>
                        {
                            Assert.True(stored.TryGet(member.Name, out var found));
                            Assert.Equal(member.Value, found.Value);
                            Assert.Equal(1 + JsonOracle.Values(JsonNode.Parse(member.Value.Span)), member.Values);
                        }
                    );
                },
                iter: 2000
            );

    private static DocumentBody Body(string json) => DocumentBody.FromJson(Encoding.UTF8.GetBytes(json));

    private static DocumentBody FromStruct(Value a) => DocumentBody.FromStruct(new Struct { Fields = { ["a"] = a } });

    private static Value Named(string name) => Value.ForStruct(new Struct { Fields = { [name] = Value.ForNull() } });

    private static Value Nested(int arrays)
    {
        var value = Value.ForBool(true);
        for (var i = 0; i < arrays; i++)
        {
            value = Value.ForList(value);
        }

        return value;
    }
}
