using CsCheck;
using Vibe.Identity.Tokens;
using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Keys;

public sealed class SealerTests() : StorageSuite(Engine.Sqlite)
{
    private const string Base64UrlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public async Task What_is_sealed_opens_in_every_process_and_is_never_the_same_twice()
    {
        var sealer = (await ProcessAsync()).Get<Sealer>();
        var other = (await ProcessAsync()).Get<Sealer>();

        Gen.Byte.Array[1, 200]
            .Sample(
                content =>
                {
                    var text = sealer.Seal("kind", "alice", content);
                    Assert.Equal(content, other.Open("kind", "alice", text));
                    Assert.NotEqual(text, sealer.Seal("kind", "alice", content));
                    Assert.True(Sealer.HasForm(text, content.Length));
                    Assert.False(Sealer.HasForm(text[..^1], content.Length));
                    Assert.False(Sealer.HasForm(text + "A", content.Length));
                    Assert.All(text, letter => Assert.Contains(letter, Base64UrlLetters));
                },
                iter: 200
            );
    }

    [Fact]
    public async Task A_token_is_bound_to_its_kind_and_to_whom_it_is_for()
    {
        var sealer = (await ProcessAsync()).Get<Sealer>();
        var text = sealer.Seal("page", "alice\nnotes", [1, 2, 3]);

        Assert.NotNull(sealer.Open("page", "alice\nnotes", text));
        Assert.Null(sealer.Open("resume", "alice\nnotes", text));
        Assert.Null(sealer.Open("page", "alice\nmail", text));
        Assert.Null(sealer.Open("page", "", text));
    }

    [Fact]
    public async Task Another_server_opens_nothing()
    {
        var text = (await ProcessAsync()).Get<Sealer>().Seal("kind", "alice", [1, 2, 3]);
        var folder = Directory.CreateDirectory(Path.Combine((await PlaceAsync()).Folder, "other"));
        await using var process = new StorageProcess(new Place(folder.FullName, null));
        await process.Host.MigrateAsync();
        await process.Host.AssertReadyAsync();

        Assert.Null(process.Get<Sealer>().Open("kind", "alice", text));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task No_letter_of_a_token_can_be_changed_left_out_or_added(int length)
    {
        var sealer = (await ProcessAsync()).Get<Sealer>();
        var text = sealer.Seal("kind", "alice", new byte[length]);

        for (var at = 0; at < text.Length; at++)
        {
            Assert.Null(sealer.Open("kind", "alice", text.Remove(at, 1)));
            foreach (var letter in Base64UrlLetters.Where(letter => letter != text[at]))
                Assert.Null(sealer.Open("kind", "alice", text.Remove(at, 1).Insert(at, $"{letter}")));
            foreach (var added in "A= \n\t")
                Assert.Null(sealer.Open("kind", "alice", text.Insert(at, $"{added}")));
        }
        foreach (var added in new[] { "A", "=", "==", " ", "\n", "\0" })
            Assert.Null(sealer.Open("kind", "alice", text + added));
    }

    [Fact]
    public async Task A_token_is_as_long_as_its_content_makes_it_whatever_it_says()
    {
        var sealer = (await ProcessAsync()).Get<Sealer>();

        foreach (var length in new[] { 1, 16, 100 })
        {
            var lengths = Enumerable
                .Range(0, 50)
                .Select(n =>
                    sealer.Seal("kind", new string('x', n), Enumerable.Repeat((byte)n, length).ToArray()).Length
                )
                .Distinct();
            Assert.Equal([(37 + length) * 4 / 3 + ((37 + length) % 3 == 0 ? 0 : 1)], lengths);
        }
    }

    [Fact]
    public async Task Text_without_the_form_of_a_token_is_told_apart()
    {
        var sealer = (await ProcessAsync()).Get<Sealer>();

        foreach (var text in new[] { "", "a b", "ä", "a+b/", "AAAA=", "AAAA\n", "AAAAA", new string('A', 513) })
        {
            Assert.All(Enumerable.Range(0, 400), length => Assert.False(Sealer.HasForm(text, length), text));
            Assert.Null(sealer.Open("kind", "alice", text));
        }
        foreach (var text in new[] { "AAAA", "AQ", new string('A', 512) })
            Assert.Null(sealer.Open("kind", "alice", text));
    }
}
