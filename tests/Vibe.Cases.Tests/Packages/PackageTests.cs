using System.IO.Compression;
using System.Xml.Linq;

namespace Vibe.Cases.Tests.Packages;

/// <summary>What is given out. That it installs and works, <see cref="Quickstarts.QuickstartTests"/> show.</summary>
[Collection(nameof(ClientSuites))]
public sealed class PackageTests
{
    [Theory]
    [InlineData(
        "csharp",
        "Vibe.Client.*.nupkg",
        "Vibe.Client.*.snupkg",
        "Vibe.Contracts.*.nupkg",
        "Vibe.Contracts.*.snupkg"
    )]
    [InlineData("command", "Vibe.Cli.*.nupkg")]
    [InlineData("python", "vibespace-*-py3-none-any.whl", "vibespace-*.tar.gz")]
    [InlineData("rust", "vibespace-*.crate")]
    [InlineData("typescript", "vibespace-client-*.tgz")]
    public async Task All_packages_have_the_version_of_the_tree(string name, params string[] files) =>
        Assert.Equal(
            files.Select(file => file.Replace("*", BuiltPackages.Version, StringComparison.Ordinal)),
            Directory
                .GetFiles(await BuiltPackages.FolderAsync(name))
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal)
        );

    [Theory]
    [InlineData("Vibe.Client", "README.md")]
    [InlineData("Vibe.Contracts")]
    public async Task A_NuGet_package_holds_its_assembly_and_what_it_says_of_itself(
        string package,
        params string[] others
    )
    {
        using var opened = ZipFile.OpenRead(await BuiltPackages.FileAsync("csharp", $"{package}.?.*.nupkg"));

        var held = opened
            .Entries.Select(entry => entry.FullName)
            .Where(file => !IsOfTheFormat(file))
            .Order(StringComparer.Ordinal);

        Assert.Equal([.. others, $"lib/net10.0/{package}.dll", $"lib/net10.0/{package}.xml"], held);
    }

    [Theory]
    [InlineData("Vibe.Client")]
    [InlineData("Vibe.Contracts")]
    public async Task What_a_NuGet_package_needs_of_ours_is_given_out_beside_it(string package)
    {
        var folder = await BuiltPackages.FolderAsync("csharp");
        using var opened = ZipFile.OpenRead(await BuiltPackages.FileAsync("csharp", $"{package}.?.*.nupkg"));
        var said = XDocument.Load(await opened.GetEntry($"{package}.nuspec")!.OpenAsync());

        var ours = said.Descendants()
            .Where(element => element.Name.LocalName == "dependency")
            .Select(dependency => $"{dependency.Attribute("id")!.Value}.{dependency.Attribute("version")!.Value}.nupkg")
            .Where(file => file.StartsWith("Vibe.", StringComparison.Ordinal));

        Assert.All(ours, file => Assert.True(File.Exists(Path.Combine(folder, file)), $"{file} is not packed."));
    }

    private static bool IsOfTheFormat(string file) =>
        file is "[Content_Types].xml"
        || file.EndsWith(".nuspec", StringComparison.Ordinal)
        || file.StartsWith("_rels/", StringComparison.Ordinal)
        || file.StartsWith("package/", StringComparison.Ordinal);
}
