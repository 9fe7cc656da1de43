using System.Text;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class EditTests
{
    [Fact]
    public void Values_stand_at_their_paths()
    {
        var edit = new Edit()
            .Set("/address/city", "Oslo")
            .Set("/address/zip", 150)
            .Set("/tags", new[] { "a" })
            .Set("/nothing", null)
            .Remove("/nick");

        Assert.Equal("""{"address":{"city":"Oslo","zip":150},"tags":["a"],"nothing":null}""", Body(edit));
        Assert.Equal(["/address/city", "/address/zip", "/tags", "/nothing", "/nick"], edit.Paths);
    }

    [Fact]
    public void Odd_names_are_escaped_in_pointers_and_not_in_bodies()
    {
        var edit = new Edit().Set(Pointer.Of("a/b", "c~1d"), 1);

        Assert.Equal(["/a~1b/c~01d"], edit.Paths);
        Assert.Equal("""{"a/b":{"c~1d":1}}""", Body(edit));
    }

    [Fact]
    public void The_same_path_again_takes_the_place_of_the_first()
    {
        var edit = new Edit().Set("/a", 1).Set("/b", 1).Remove("/a");

        Assert.Equal(["/b", "/a"], edit.Paths);
        Assert.Equal("""{"b":1}""", Body(edit));
    }

    [Theory]
    [InlineData("/a", "/a/b")]
    [InlineData("/a/b", "/a")]
    public void Paths_within_each_other_are_refused(string first, string second)
    {
        Assert.Throws<ArgumentException>(() => new Edit().Set(first, 1).Remove(second));
    }

    [Fact]
    public void Paths_that_only_look_alike_are_taken()
    {
        Assert.Equal(2, new Edit().Set("/a", 1).Set("/ab", 1).Paths.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a~")]
    [InlineData("/a~2b")]
    public void What_is_no_pointer_is_refused(string pointer)
    {
        Assert.Throws<ArgumentException>(() => new Edit().Set(pointer, 1));
    }

    [Fact]
    public void An_edit_is_a_value()
    {
        var first = new Edit().Set("/a", 1);
        first.Set("/b", 2);

        Assert.Equal(["/a"], first.Paths);
    }

    private static string Body(Edit edit) => Encoding.UTF8.GetString(edit.ToBody());
}
