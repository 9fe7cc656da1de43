using System.Text;
using Vibe.Data.Documents;
using Vibe.Errors.V1;
using Xunit;

namespace Vibe.Server.Tests.Data.Documents;

public sealed class UpdatePathsTests
{
    [Theory]
    [InlineData("Title")]
    [InlineData("")]
    [InlineData("/a~")]
    [InlineData("/a~2b")]
    [InlineData("/~/b")]
    [InlineData("**")]
    [InlineData("/1/2/3/4/5/6/7/8/9")]
    [InlineData("/a\0")]
    public void A_path_of_another_form_is_refused(string path) => Invalid(path, [path]);

    [Theory]
    [InlineData("/")]
    [InlineData("/*")]
    [InlineData("/1/2/3/4/5/6/7/8")]
    [InlineData("/a~1b/~0")]
    [InlineData("/😂")]
    public void A_pointer_of_one_to_eight_segments_is_taken(string path) =>
        Assert.Single(UpdatePaths.Parse([path]).TopLevelMembers(DocumentBody.Empty));

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("/a", "/a/b")]
    [InlineData("/a/b/c", "/a/b")]
    [InlineData("/a~1b", "/a~1b")]
    [InlineData("*", "/a")]
    [InlineData("/a", "*")]
    [InlineData("*", "*")]
    public void Paths_that_overlap_are_refused(string first, string second) =>
        Invalid(first == "*" ? first : second, [first, second]);

    [Fact]
    public void A_path_with_a_lone_surrogate_is_refused()
    {
        Invalid("/a\ud800", ["/a\ud800"]);
        Invalid("/a\udc00\ud800", ["/a\udc00\ud800"]);
    }

    [Fact]
    public void Paths_that_only_look_alike_are_taken()
    {
        var paths = UpdatePaths.Parse(["/a/b", "/a/bc", "/ab", "/a~1b", "/"]);
        Assert.Equal(["", "a", "a/b", "ab"], paths.TopLevelMembers(DocumentBody.Empty));
        Assert.Equal(["a"], paths.DeepFirstSegments);
    }

    [Fact]
    public void Two_hundred_paths_are_taken_and_one_more_is_refused()
    {
        string[] paths = [.. Enumerable.Range(0, 201).Select(i => $"/m{i}")];
        UpdatePaths.Parse(paths[..200]);
        var refusal = Refused.With(ErrorReason.TooManyItems, () => UpdatePaths.Parse(paths));
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["field"] = "update_paths",
                ["actual"] = "201",
                ["limit"] = "200",
            },
            refusal.Metadata
        );
    }

    [Fact]
    public void A_segment_longer_than_a_name_may_be_is_refused()
    {
        UpdatePaths.Parse(["/" + new string('é', 128)]);
        var path = "/a/" + new string('é', 129);
        Invalid(path, [path]);
    }

    [Fact]
    public void The_members_touched_are_those_named_or_those_present()
    {
        var values = DocumentBody.FromJson("{\"b\":1,\"a\":2}"u8);
        Assert.Equal(["a", "b"], UpdatePaths.Parse([]).TopLevelMembers(values));
        Assert.Equal(["a", "b"], UpdatePaths.Parse(["*"]).TopLevelMembers(values));
        Assert.Equal(["a", "c"], UpdatePaths.Parse(["/c/d", "/a", "/c/e"]).TopLevelMembers(values));
        Assert.Empty(UpdatePaths.Parse(["*"]).DeepFirstSegments);
        Assert.Empty(UpdatePaths.Parse([]).DeepFirstSegments);
    }

    [Theory]
    [InlineData("""{"a":1}""", "/b", "/a")]
    [InlineData("""{"a":{"b":1,"c":2}}""", "/a/b", "/a/c")]
    [InlineData("""{"a":"text"}""", "/a/b", "/a")]
    [InlineData("""{"a":[1]}""", "/a/0", "/a")]
    [InlineData("""{"a":{"x/y":{"~":1}}}""", "/a/x~1y/b", "/a/x~1y/~0")]
    public void A_member_that_no_path_covers_is_refused(string values, string path, string uncovered)
    {
        var body = DocumentBody.FromJson(Encoding.UTF8.GetBytes(values));
        var refusal = Refused.With(ErrorReason.PathInvalid, () => UpdatePaths.Parse([path]).CheckCovers(body));
        Assert.Equal(uncovered, refusal.Metadata["path"]);
        Assert.Equal("update_paths", refusal.Metadata["field"]);
    }

    private static void Invalid(string path, string[] paths)
    {
        var refusal = Refused.With(ErrorReason.PathInvalid, () => UpdatePaths.Parse(paths));
        Assert.Equal(new Dictionary<string, string> { ["field"] = "update_paths", ["path"] = path }, refusal.Metadata);
    }
}
