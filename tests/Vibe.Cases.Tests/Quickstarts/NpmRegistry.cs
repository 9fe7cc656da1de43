using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>A registry of npm that holds one package.</summary>
internal sealed class NpmRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private NpmRegistry(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public static async Task<NpmRegistry> StartAsync(string tarball)
    {
        var content = await File.ReadAllBytesAsync(tarball);
        var manifest = await ManifestAsync(tarball);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registry = new NpmRegistry(builder.Build());
        registry._app.MapGet("/package.tgz", () => Results.Bytes(content));
        registry._app.MapGet("/{name}", () => Results.Text(registry.Describe(manifest, content), "application/json"));
        await registry._app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private string Describe(JsonObject manifest, byte[] content)
    {
        var version = manifest.DeepClone();
        version["dist"] = new JsonObject
        {
            ["tarball"] = $"{Address}/package.tgz",
            ["integrity"] = $"sha512-{Convert.ToBase64String(SHA512.HashData(content))}",
        };
        var number = manifest["version"]!.GetValue<string>();
        return new JsonObject
        {
            ["name"] = manifest["name"]!.GetValue<string>(),
            ["dist-tags"] = new JsonObject { ["latest"] = number },
            ["versions"] = new JsonObject { [number] = version },
        }.ToJsonString();
    }

    private static async Task<JsonObject> ManifestAsync(string tarball)
    {
        await using var file = File.OpenRead(tarball);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await using var entries = new TarReader(unzipped);
        while (await entries.GetNextEntryAsync() is { } entry)
            if (entry.Name == "package/package.json")
                return (await JsonNode.ParseAsync(entry.DataStream!))!.AsObject();
        throw new InvalidOperationException($"{tarball} has no package.json.");
    }
}
