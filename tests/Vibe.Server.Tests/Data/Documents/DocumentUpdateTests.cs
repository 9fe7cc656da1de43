using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Vibe.Data.Documents;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Json;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class DocumentUpdateTests
{
    [Fact]
    public void Without_paths_the_members_present_are_set_and_none_is_removed() =>
        Becomes("""{"a":null,"b":{"z":1},"c":3}""", """{"a":1,"b":{"x":1},"c":3}""", """{"a":null,"b":{"z":1}}""", []);

    [Fact]
    public void A_star_replaces_what_may_be_updated_and_leaves_the_rest()
    {
        var result = DocumentUpdate.Apply(
            Body("""{"a":1,"b":2,"hidden":3}"""),
            Body("""{"b":5,"c":6}"""),
            UpdatePaths.Parse(["*"]),
            name => name != "hidden"
        );
        Assert.Equal(Body("""{"b":5,"c":6,"hidden":3}"""), result);
    }

    [Fact]
    public void A_path_takes_its_value_or_removes_it() =>
        Becomes(
            """{"a":{"x":9,"z":1},"c":7}""",
            """{"a":{"x":1,"y":1,"z":1},"b":2}""",
            """{"a":{"x":9},"c":7}""",
            ["/a/x", "/a/y", "/b", "/c"]
        );

    [Fact]
    public void Objects_on_the_way_are_made_when_a_value_is_set() =>
        Becomes("""{"a":{"b":{"c":1}}}""", "{}", """{"a":{"b":{"c":1}}}""", ["/a/b/c", "/d/e"]);

    [Fact]
    public void A_removal_whose_way_is_missing_does_nothing()
    {
        Becomes("{}", "{}", "{}", ["/a/b/c"]);
        Becomes("{}", "{}", """{"a":{"b":{}}}""", ["/a/b/c"]);
        Becomes("""{"a":{}}""", """{"a":{"b":1}}""", "{}", ["/a/b"]);
    }

    [Fact]
    public void Arrays_are_replaced_whole() =>
        Becomes("""{"a":{"l":[3]}}""", """{"a":{"l":[1,2]}}""", """{"a":{"l":[3]}}""", ["/a/l"]);

    [Theory]
    [InlineData("""{"a":1}""", """{"a":{"b":1}}""", "/a/b", "/a")]
    [InlineData("""{"a":null}""", """{"a":{"b":1}}""", "/a/b", "/a")]
    [InlineData("""{"a":[{}]}""", """{"a":{"0":1}}""", "/a/0", "/a")]
    [InlineData("""{"a":{"x/y":"s"}}""", """{"a":{"x/y":{"c":1}}}""", "/a/x~1y/c", "/a/x~1y")]
    [InlineData("""{"a":"s"}""", "{}", "/a/b", "/a")]
    public void Something_else_than_an_object_on_the_way_is_refused(
        string current,
        string values,
        string path,
        string place
    )
    {
        var refusal = Refused.With(ErrorReason.MemberNotObject, () => Apply(current, values, [path]));
        Assert.Equal(new Dictionary<string, string> { ["path"] = place }, refusal.Metadata);
    }

    [Fact]
    public void Values_that_no_path_covers_are_refused_before_the_body_is_looked_at() =>
        Refused.With(ErrorReason.PathInvalid, () => Apply("""{"a":1}""", """{"a":{"b":1,"c":1}}""", ["/a/b"]));

    [Fact]
    public void A_value_set_deep_inside_stands_as_deep_as_in_the_request()
    {
        const string Path = "/1/2/3/4/5/6/7/8";
        var way = string.Concat(Enumerable.Range(1, 8).Select(i => $"{{\"{i}\":"));
        var deepest = way + new string('[', 22) + new string(']', 22) + new string('}', 8);
        Becomes(deepest, "{}", deepest, [Path]);
        Becomes(deepest, """{"1":{"2":{}}}""", deepest, [Path]);

        var tooDeep = way + new string('[', 23) + new string(']', 23) + new string('}', 8);
        Refused.With(ErrorReason.DocumentTooDeep, () => Body(tooDeep));
    }

    [Fact]
    public void An_update_that_changes_nothing_gives_an_equal_body()
    {
        var current = Body("""{"a":{"b":1},"c":2}""");
        Assert.Equal(current, Apply("""{"a":{"b":1},"c":2}""", """{"a":{"b":1.0}}""", ["/a/b", "/d"]));
    }

    [Fact]
    public void Every_update_does_what_a_naive_one_does()
    {
        var paths = Gen.OneOf("a", "b", "c", "d/e", "~").Array[1, 3].Array[1, 4];
        Gen.Select(JsonOracle.CrowdedObject, JsonOracle.CrowdedObject, paths, Gen.Int[0, 5])
            .Sample(
                (current, values, segments, mode) =>
                {
                    var before = (JsonObject)JsonNode.Parse(JsonOracle.Text(current, 1))!;
                    var given = (JsonObject)JsonNode.Parse(JsonOracle.Text(values, 2))!;
                    var chosen = NaiveUpdate.WithoutOverlap(segments);
                    if (mode > 2)
                    {
                        NaiveUpdate.CutToCovered(given, chosen, 0);
                    }

                    string[] text = mode switch
                    {
                        0 => [],
                        1 => ["*"],
                        _ => [.. chosen.Select(path => path.Aggregate("", JsonPointer.Append))],
                    };
                    static bool MayUpdate(string name) => name is not ("a" or "~");

                    var expected = mode switch
                    {
                        0 => NaiveUpdate.MembersPresent(before, given),
                        1 => NaiveUpdate.Everything(before, given, MayUpdate),
                        _ => NaiveUpdate.Paths(before, given, chosen),
                    };
                    Assert.Equal(expected, Outcome(before, given, text, MayUpdate));
                },
                iter: 20_000
            );
    }

    private static string Outcome(JsonObject current, JsonObject values, string[] paths, Func<string, bool> mayUpdate)
    {
        try
        {
            var result = DocumentUpdate.Apply(
                Body(current.ToJsonString()),
                Body(values.ToJsonString()),
                UpdatePaths.Parse(paths),
                mayUpdate
            );
            Assert.Equal(DocumentBody.FromJson(result.ToArray()).ToArray(), result.ToArray());
            Assert.Equal(DocumentBody.FromStored(result.ToArray()).Values, result.Values);
            return Encoding.UTF8.GetString(result.ToArray());
        }
        catch (VibeException refusal)
        {
            return refusal.Reason.ToString();
        }
    }

    private static void Becomes(string expected, string current, string values, string[] paths) =>
        Assert.Equal(Body(expected), Apply(current, values, paths));

    private static DocumentBody Apply(string current, string values, string[] paths) =>
        DocumentUpdate.Apply(Body(current), Body(values), UpdatePaths.Parse(paths), _ => true);

    private static DocumentBody Body(string json) => DocumentBody.FromJson(Encoding.UTF8.GetBytes(json));
}
