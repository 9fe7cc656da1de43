using System.Text.RegularExpressions;
using Vibe.Cases.Tests.Packages;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>The walk to two servers behind a gateway, followed to the letter from an empty folder on.</summary>
[Collection(nameof(ClientSuites))]
public sealed partial class GatewayWalkTests
{
    /// <summary>It as it stands on the page.</summary>
    internal static string Walk { get; } = Page.Of("gateway.md").Sections["From nothing to two servers"];

    [Fact]
    public async Task From_an_empty_folder_two_servers_come_to_stand_behind_one_address()
    {
        var envoy = Envoy.Program ?? throw Missing.Exception(Envoy.Absent);
        foreach (var program in new[] { "psql", "openssl", "curl" })
            if (!IsInstalled(program))
                throw Missing.Exception($"{program} is absent: install it.");
        await using var postgres =
            await PostgresInstance.StartAsync() ?? throw Missing.Exception("PostgreSQL is absent: install it.");
        await using var beginning = await Beginning.MakeAsync();
        await beginning.OfferPythonAsync(await BuiltPackages.FileAsync("python", "vibespace-*.whl"));
        await beginning.OfferProgramAsync("envoy", envoy);
        beginning.Environment["PGHOST"] = "127.0.0.1";
        beginning.Environment["PGPORT"] = $"{postgres.Port}";
        beginning.Environment["PGUSER"] = "vibe";
        await using var stranger = new Stranger(beginning.Folder, beginning.Environment);

        await stranger.FollowAsync(Block.In(Here(postgres.Port)));
    }

    // What the page says, on ports that are free.
    private static string Here(int postgres)
    {
        var (first, second) = (Ports.FreePair(), Ports.FreePair());
        var ports = new Dictionary<string, int>
        {
            ["5432"] = postgres,
            ["5280"] = first,
            ["5290"] = second,
            ["8443"] = Ports.Free(),
            ["9901"] = Ports.Free(),
        };
        return Numbers()
            .Replace(Walk, number => ports.TryGetValue(number.Value, out var port) ? $"{port}" : number.Value);
    }

    private static bool IsInstalled(string program) =>
        Environment
            .GetEnvironmentVariable("PATH")!
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"\b\d{4}\b")]
    private static partial Regex Numbers();
}
