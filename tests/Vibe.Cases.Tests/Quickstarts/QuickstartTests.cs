using Vibe.Cases.Tests.Packages;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>
/// The quickstart of each language, followed to the letter from an empty folder on, with the packages that would be published.
/// </summary>
[Collection(nameof(ClientSuites))]
public sealed class QuickstartTests
{
    private static readonly Page Quickstart = Page.Of("quickstart.md");

    [Fact]
    public void Every_language_has_five_steps()
    {
        string[] languages = ["C#", "Python", "Rust", "TypeScript"];

        Assert.Equal([.. languages, "From a checkout"], Quickstart.Sections.Keys);
        Assert.All(languages, language => Assert.Equal([1, 2, 3, 4, 5], Page.Steps(Quickstart.Sections[language])));
    }

    [Fact]
    public async Task The_CSharp_client_writes_and_follows_in_five_steps()
    {
        await using var beginning = await Beginning.MakeAsync();
        await beginning.OfferNuGetAsync(
            await BuiltPackages.FolderAsync("command"),
            await BuiltPackages.FolderAsync("csharp")
        );

        await FollowAsync("C#", beginning);
    }

    [Theory]
    [InlineData("vibespace-*.whl")]
    [InlineData("vibespace-*.tar.gz")]
    public async Task The_Python_client_writes_and_follows_in_five_steps(string package)
    {
        await using var beginning = await Beginning.MakeAsync();
        await beginning.OfferPythonAsync(await BuiltPackages.FileAsync("python", package));

        await FollowAsync("Python", beginning);
    }

    [Fact]
    public async Task The_Rust_client_writes_and_follows_in_five_steps()
    {
        await using var beginning = await Beginning.MakeAsync();
        await beginning.OfferCrateAsync(await BuiltPackages.FileAsync("rust", "*.crate"));

        await FollowAsync("Rust", beginning);
    }

    [Fact]
    public async Task The_TypeScript_client_writes_and_follows_in_five_steps()
    {
        await using var beginning = await Beginning.MakeAsync();
        await beginning.OfferNpmAsync(await BuiltPackages.FileAsync("typescript", "*.tgz"));

        await FollowAsync("TypeScript", beginning);
    }

    private static async Task FollowAsync(string section, Beginning beginning)
    {
        await using var stranger = new Stranger(beginning.Folder, beginning.Environment);
        await stranger.FollowAsync(Block.In(beginning.Here(Quickstart.Sections[section])));
    }
}
