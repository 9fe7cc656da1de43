using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Vibe.Cases.Tests.Packages;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Deployment;

/// <summary>The image that the compose file runs, made as the page says; only its base is another one.</summary>
[Collection(nameof(ClientSuites))]
public sealed class ImageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-image-");

    [Fact]
    public async Task It_runs_the_command_as_a_user_without_rights()
    {
        await MakeAsync();

        var made = Json("manifest.json")[0]!;
        var config = Json(made["Config"]!.GetValue<string>())["config"]!;
        Assert.Equal(
            [$"vibe:{BuiltPackages.Version}", "vibe:latest"],
            made["RepoTags"]!.AsArray().Select(tag => tag!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
        Assert.Equal("app", config["User"]!.GetValue<string>());
        Assert.Equal(
            ["dotnet", "/app/vibe.dll"],
            config["Entrypoint"]!.AsArray().Select(word => word!.GetValue<string>())
        );
        Assert.Null(config["Cmd"]);
        Assert.Equal(["5280/tcp", "5281/tcp"], config["ExposedPorts"]!.AsObject().Select(port => port.Key).Order());
        foreach (var layer in made["Layers"]!.AsArray())
            await UnpackAsync(layer!.GetValue<string>());
        Assert.Equal(0, await EndAsync("dotnet", "app/vibe.dll", "gateway", "envoy.yaml"));
        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "gateway/envoy.yaml")),
            await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "envoy.yaml"))
        );
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task MakeAsync()
    {
        await using var registry = await ImageRegistry.StartAsync();
        var archive = Path.Combine(_folder.FullName, "vibe.tar");
        var publish = await EndAsync(
            "dotnet",
            "publish",
            Path.Combine(Checkout.Root, "cli/Vibe.Cli"),
            "-c",
            "Debug",
            "--no-build",
            "-t:PublishContainer",
            $"-p:ContainerBaseImage={registry.Image}",
            $"-p:ContainerArchiveOutputPath={archive}",
            "--nologo",
            "-v",
            "quiet"
        );
        Assert.Equal(0, publish);
        await TarFile.ExtractToDirectoryAsync(archive, _folder.FullName, overwriteFiles: true);
    }

    private JsonNode Json(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, file)))!;

    private async Task UnpackAsync(string layer)
    {
        await using var file = File.OpenRead(Path.Combine(_folder.FullName, layer));
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(unzipped, _folder.FullName, overwriteFiles: true);
    }

    private async Task<int> EndAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(
            new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName }
        )!;
        await run.WaitForExitAsync();
        return run.ExitCode;
    }
}
