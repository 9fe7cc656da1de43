using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vibe.Data.Documents;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Json;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class JsonVectorTests
{
    private static readonly JsonLimits Limits = new(Depth: 100, NameBytes: 256);

    /// <summary>Valid by the grammar, and refused all the same.</summary>
    private static readonly Dictionary<string, string> RefusedThoughValid = new()
    {
        ["y_object_duplicated_key.json"] = "duplicate",
        ["y_object_duplicated_key_and_value.json"] = "duplicate",
        ["y_object_escaped_null_in_key.json"] = "nul",
        ["y_string_null_escape.json"] = "nul",
    };

    /// <summary>Left open by the grammar: what each becomes, or why it is refused.</summary>
    private static readonly Dictionary<string, string> LeftOpen = new()
    {
        ["i_number_double_huge_neg_exp.json"] = "[0]",
        ["i_number_huge_exp.json"] = "number",
        ["i_number_neg_int_huge_exp.json"] = "number",
        ["i_number_pos_double_huge_exp.json"] = "number",
        ["i_number_real_neg_overflow.json"] = "number",
        ["i_number_real_pos_overflow.json"] = "number",
        ["i_number_real_underflow.json"] = "[0]",
        ["i_number_too_big_neg_int.json"] = "number",
        ["i_number_too_big_pos_int.json"] = "number",
        ["i_number_very_big_negative_int.json"] = "number",
        ["i_object_key_lone_2nd_surrogate.json"] = "surrogate",
        ["i_string_1st_surrogate_but_2nd_missing.json"] = "surrogate",
        ["i_string_1st_valid_surrogate_2nd_invalid.json"] = "surrogate",
        ["i_string_UTF-16LE_with_BOM.json"] = "syntax",
        ["i_string_UTF-8_invalid_sequence.json"] = "syntax",
        ["i_string_UTF8_surrogate_U+D800.json"] = "surrogate",
        ["i_string_incomplete_surrogate_and_escape_valid.json"] = "surrogate",
        ["i_string_incomplete_surrogate_pair.json"] = "surrogate",
        ["i_string_incomplete_surrogates_escape_valid.json"] = "surrogate",
        ["i_string_invalid_lonely_surrogate.json"] = "surrogate",
        ["i_string_invalid_surrogate.json"] = "surrogate",
        ["i_string_invalid_utf-8.json"] = "syntax",
        ["i_string_inverted_surrogates_U+1D11E.json"] = "surrogate",
        ["i_string_iso_latin_1.json"] = "syntax",
        ["i_string_lone_second_surrogate.json"] = "surrogate",
        ["i_string_lone_utf8_continuation_byte.json"] = "syntax",
        ["i_string_not_in_unicode_range.json"] = "syntax",
        ["i_string_overlong_sequence_2_bytes.json"] = "syntax",
        ["i_string_overlong_sequence_6_bytes.json"] = "syntax",
        ["i_string_overlong_sequence_6_bytes_null.json"] = "syntax",
        ["i_string_truncated-utf-8.json"] = "syntax",
        ["i_string_utf16BE_no_BOM.json"] = "syntax",
        ["i_string_utf16LE_no_BOM.json"] = "syntax",
        ["i_structure_500_nested_arrays.json"] = "too deep",
        ["i_structure_UTF-8_BOM_empty_object.json"] = "syntax",
    };

    [Fact]
    public void What_the_grammar_allows_is_taken_alone_and_in_a_document()
    {
        foreach (var (name, json) in Parsing("y_*.json"))
        {
            RefusedThoughValid.TryGetValue(name, out var cause);
            Assert.True(cause == Verdict(json, out var canonical), name);
            Assert.True(cause == DocumentVerdict(json, out var body), name);
            if (cause is null)
            {
                Assert.Equal($"{{\"value\":{canonical}}}", body);
                Assert.Equal(JsonOracle.Canonical(JsonNode.Parse(json)), canonical);
            }
        }
    }

    [Fact]
    public void What_the_grammar_forbids_is_refused_alone_and_in_a_document()
    {
        foreach (var (name, json) in Parsing("n_*.json"))
        {
            Assert.True(Verdict(json, out _) is not null, name);
            if (!name.Contains("object_followed_by_closing_object", StringComparison.Ordinal))
            {
                Assert.True(DocumentVerdict(json, out _) is not null, name);
            }
        }
    }

    [Fact]
    public void What_the_grammar_leaves_open_is_decided_one_by_one()
    {
        foreach (var (name, json) in Parsing("i_*.json"))
        {
            Assert.True(LeftOpen.TryGetValue(name, out var expected), $"{name} is in no table.");
            Assert.Equal($"{name}: {expected}", $"{name}: {Verdict(json, out var canonical) ?? canonical}");
        }
    }

    [Theory]
    [InlineData("number_-9223372036854775809.json", "number")]
    [InlineData("number_1.0.json", "[1]")]
    [InlineData("number_1000000000000000.json", "[1000000000000000]")]
    [InlineData("number_10000000000000000999.json", "number")]
    [InlineData("number_9223372036854775807.json", "number")]
    [InlineData("number_9223372036854775808.json", "number")]
    [InlineData("object_same_key_different_values.json", "duplicate")]
    [InlineData("object_same_key_same_value.json", "duplicate")]
    [InlineData("string_1_escaped_invalid_codepoint.json", "surrogate")]
    [InlineData("string_with_escaped_NULL.json", "nul")]
    public void What_parsers_change_in_silence_is_kept_or_refused(string name, string expected)
    {
        var json = File.ReadAllBytes(VectorFiles.Folder("json-parsing", "test_transform", name));
        Assert.Equal(expected, Verdict(json, out var canonical) ?? canonical);
    }

    [Theory]
    [InlineData("arrays")]
    [InlineData("french")]
    [InlineData("structures")]
    [InlineData("unicode")]
    [InlineData("values")]
    [InlineData("weird")]
    public void The_examples_of_RFC_8785_come_out_byte_by_byte(string name)
    {
        var folder = VectorFiles.Folder("rfc8785-jcs");
        var json = File.ReadAllBytes(Path.Combine(folder, "input", name + ".json"));
        var hex = File.ReadAllText(Path.Combine(folder, "outhex", name + ".txt"));
        var expected = Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));
        Assert.Equal(expected, StrictJson.Canonicalize(json, Limits).Bytes);
    }

    [Fact]
    public void Every_naughty_string_comes_back_as_it_went_in()
    {
        var text = File.ReadAllBytes(VectorFiles.Folder("naughty-strings", "blns.json"));
        var strings = JsonSerializer.Deserialize<string[]>(text)!;
        Assert.NotEmpty(strings);
        foreach (var naughty in strings)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["value"] = naughty });
            var stored = DocumentBody.FromStored(DocumentBody.FromJson(json).ToArray());
            Assert.True(stored.TryGet("value", out var member));
            Assert.Equal(naughty, JsonSerializer.Deserialize<string>(member.Value.Span));
            Assert.Equal(naughty, stored.ToStruct().Fields["value"].StringValue);
            Assert.Equal(stored, DocumentBody.FromStruct(stored.ToStruct()));
        }
    }

    private static IEnumerable<(string Name, byte[] Json)> Parsing(string pattern)
    {
        var files = Directory.GetFiles(VectorFiles.Folder("json-parsing", "test_parsing"), pattern);
        Assert.NotEmpty(files);
        return files.Select(file => (Path.GetFileName(file), File.ReadAllBytes(file)));
    }

    private static string? Verdict(byte[] json, out string canonical)
    {
        canonical = "";
        try
        {
            canonical = Encoding.UTF8.GetString(StrictJson.Canonicalize(json, Limits).Bytes);
            return null;
        }
        catch (VibeException refusal)
        {
            return refusal.Metadata.GetValueOrDefault("cause", "too deep");
        }
    }

    private static string? DocumentVerdict(byte[] json, out string canonical)
    {
        canonical = "";
        try
        {
            byte[] wrapped = [.. "{\"value\":"u8, .. json, .. "}"u8];
            canonical = Encoding.UTF8.GetString(DocumentBody.FromJson(wrapped).ToArray());
            return null;
        }
        catch (VibeException refusal)
        {
            return refusal.Metadata.GetValueOrDefault("cause", "too deep");
        }
    }
}
