using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vibe.Cases.Tests.Deployment;

/// <summary>
/// A registry of container images that holds one, in which there is nothing: it takes the place of the base image, which comes
/// from the network.
/// </summary>
internal sealed class ImageRegistry : IAsyncDisposable
{
    private const string Manifest = "application/vnd.docker.distribution.manifest.v2+json";

    private readonly WebApplication _app;

    private ImageRegistry(WebApplication app) => _app = app;

    /// <summary>The name of the image.</summary>
    public string Image => $"localhost:{new Uri(_app.Urls.Single()).Port}/nothing:1";

    public static async Task<ImageRegistry> StartAsync()
    {
        var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "tmp"));
        var layer = Compressed(tar.ToArray());
        var config = Utf8(
            new JsonObject
            {
                ["architecture"] = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
                ["os"] = "linux",
                ["config"] = new JsonObject(),
                ["rootfs"] = new JsonObject
                {
                    ["type"] = "layers",
                    ["diff_ids"] = new JsonArray(Digest(tar.ToArray())),
                },
            }
        );
        var manifest = Utf8(
            new JsonObject
            {
                ["schemaVersion"] = 2,
                ["mediaType"] = Manifest,
                ["config"] = Part("application/vnd.docker.container.image.v1+json", config),
                ["layers"] = new JsonArray(Part("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)),
            }
        );
        var blobs = new[] { config, layer }.ToDictionary(Digest);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/v2/", () => Results.Ok());
        app.MapGet(
            "/v2/nothing/manifests/{reference}",
            (HttpResponse answer) =>
            {
                answer.Headers["docker-content-digest"] = Digest(manifest);
                return Results.Bytes(manifest, Manifest);
            }
        );
        app.MapGet("/v2/nothing/blobs/{digest}", (string digest) => Results.Bytes(blobs[digest]));
        await app.StartAsync();
        return new ImageRegistry(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static JsonObject Part(string type, byte[] content) =>
        new()
        {
            ["mediaType"] = type,
            ["size"] = content.Length,
            ["digest"] = Digest(content),
        };

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static byte[] Utf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static byte[] Compressed(byte[] content)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            gzip.Write(content);
        return compressed.ToArray();
    }
}
