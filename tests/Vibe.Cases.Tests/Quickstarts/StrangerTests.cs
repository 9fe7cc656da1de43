namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>Who follows a page notices what is wrong with it.</summary>
public sealed class StrangerTests
{
    [Theory]
    [InlineData("```sh\necho one; echo two\n```\n\n```text\none\ntwo\n```\n")]
    [InlineData("```sh\necho one thing\n```\n\n```text\none …\n```\n")]
    [InlineData(
        "Save as `a/b`:\n\n```csharp\none\n```\n\nThen:\n\n```sh\ncat a/b\n```\n\nYou see:\n\n```text\none\n```\n"
    )]
    [InlineData(
        "```sh\necho one; read; echo two\n```\n\n```text\none\n```\n\nIn a second terminal:\n\n```sh\ntrue\n```\n"
    )]
    public async Task A_page_that_keeps_its_promises_is_followed_to_its_end(string page) => await FollowAsync(page);

    [Theory]
    [InlineData("```sh\necho one\n```\n\n```text\ntwo\n```\n")]
    [InlineData("```sh\necho zero; echo one\n```\n\n```text\none\n```\n")]
    [InlineData("```sh\necho one\nexit\n```\n\n```text\none\ntwo\n```\n")]
    [InlineData("```sh\necho one >&2; exit\n```\n\n```text\none\n```\n")]
    [InlineData("```sh\necho once\n```\n\n```text\non\n```\n")]
    public async Task A_promise_that_is_not_kept_is_noticed(string page) =>
        await Assert.ThrowsAnyAsync<Exception>(() => FollowAsync(page));

    [Theory]
    [InlineData("```sh\nfalse\ntrue\n```\n")]
    [InlineData("```sh\nno-such-command\n```\n")]
    [InlineData("Here it is:\n\n```csharp\none\n```\n")]
    public async Task What_cannot_be_done_is_noticed(string page) =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => FollowAsync(page));

    private static async Task FollowAsync(string page)
    {
        var folder = Directory.CreateTempSubdirectory("vibe-page-");
        try
        {
            await using var stranger = new Stranger(folder.FullName, new Dictionary<string, string?>());
            await stranger.FollowAsync(Block.In(page));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
