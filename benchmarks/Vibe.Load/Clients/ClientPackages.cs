using System.Formats.Tar;
using System.IO.Compression;
using Vibe.Load.Measures;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Clients;

/// <summary>How large what is published is, beside the part of it that is generated.</summary>
internal static class ClientPackages
{
    private const string By = "its tools";

    public static async Task MeasureAsync(Bench bench, string language)
    {
        // Both manners of Python are one package.
        if (language == "python-asyncio")
            return;
        bench.Say($"{language}: packing");
        var files = await ClientProgram.BuildAsync("--packages", language);
        foreach (var (name, ours, bare) in language == "csharp" ? OfPackages(files) : files.SelectMany(Of))
            bench.Keep(language, name, By, [SizeOf(ours)], [SizeOf(bare)], null);
        foreach (var (name, ours, bare) in OfBundles(files))
            bench.Keep(language, name, By, [SizeOf(ours)], [SizeOf(bare)], null);
    }

    // The contract is a package of its own there, which the client's needs.
    private static IEnumerable<(string Name, long Ours, long Bare)> OfPackages(string[] files)
    {
        var contract = files.Where(file =>
            Path.GetFileName(file).StartsWith("Vibe.Contracts.", StringComparison.Ordinal)
        );
        yield return ("packages", files.Sum(Length), contract.Sum(Length));
    }

    private static IEnumerable<(string Name, long Ours, long Bare)> Of(string file) =>
        Path.GetExtension(file) switch
        {
            ".whl" => [("wheel", Length(file), OfZip(file, entry => entry.Contains("/v1/", StringComparison.Ordinal)))],
            ".crate" => [("crate", Length(file), OfTar(file, "/src/gen/"))],
            ".tgz" => [("tarball", Length(file), OfTar(file, "/dist/gen/"))],
            _ => [],
        };

    private static IEnumerable<(string Name, long Ours, long Bare)> OfBundles(string[] files)
    {
        var bundles = files.Where(file => file.EndsWith(".js", StringComparison.Ordinal)).ToArray();
        if (bundles.Length > 0)
            yield return ("bundle for a page", Bundle(Pair.Ours), Bundle(Pair.Bare));

        long Bundle(string side) =>
            Compressed([File.ReadAllBytes(bundles.Single(file => Path.GetFileNameWithoutExtension(file) == side))]);
    }

    private static long OfZip(string file, Func<string, bool> isGenerated)
    {
        using var zip = ZipFile.OpenRead(file);
        return zip.Entries.Where(entry => isGenerated(entry.FullName)).Sum(entry => entry.CompressedLength);
    }

    private static long OfTar(string file, string folder)
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        var contents = new List<byte[]>();
        while (tar.GetNextEntry() is { } entry)
            if (entry.DataStream is { } data && entry.Name.Contains(folder, StringComparison.Ordinal))
            {
                using var content = new MemoryStream();
                data.CopyTo(content);
                contents.Add(content.ToArray());
            }
        return Compressed(contents);
    }

    private static long Compressed(IEnumerable<byte[]> contents)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            foreach (var content in contents)
                gzip.Write(content);
        return compressed.Length;
    }

    private static long Length(string file) => new FileInfo(file).Length;

    private static Sample SizeOf(long bytes) => new() { Size = bytes / 1024.0 };
}
