using Vibe.Testing;

namespace Vibe.Cli.Tests.Gateways;

public sealed class GatewayCommandTests : IDisposable
{
    private static readonly string[] Roles =
    [
        "--backend",
        "identity=vibe-identity:5280",
        "--backend",
        "consent=vibe-consent:5280",
        "--backend",
        "data=vibe-data:5280",
        "--backend",
        "sync=vibe-sync:5280",
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-gateway-");

    public static TheoryData<string, string[]> Committed =>
        new() { { "envoy.yaml", [] }, { "envoy.roles.yaml", Roles } };

    [Theory]
    [MemberData(nameof(Committed))]
    public async Task The_configuration_in_the_checkout_is_what_the_contract_makes(string name, string[] options)
    {
        var made = await MakeAsync([name, .. options]);

        Assert.True(made.ExitCode == 0, made.ToString());
        Assert.True(
            await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "gateway", name))
                == await File.ReadAllTextAsync(Path.Combine(_folder.FullName, name)),
            $"gateway/{name} is not what the contract makes: run tools/gateway."
        );
    }

    [Theory]
    [MemberData(nameof(Committed))]
    public async Task Envoy_takes_it(string name, string[] options)
    {
        var made = await MakeAsync([name, .. options]);

        Assert.True(made.ExitCode == 0, made.ToString());
        Assert.Null(await Envoy.RefusalAsync(Path.Combine(_folder.FullName, name)));
    }

    [Theory]
    [InlineData("'vibe' is no HOST:PORT (--backend).", "--backend", "vibe")]
    [InlineData("'vibe:0' is no HOST:PORT (--backend).", "--backend", "vibe:0")]
    [InlineData("There is no role 'files' (--backend)", "--backend", "files=vibe:5280")]
    [InlineData(
        "Nobody answers for the role 'consent'",
        "--backend",
        "data=vibe:5280",
        "--backend",
        "identity=vibe:5280"
    )]
    [InlineData("An address makes 1 to 10000000 calls a second (--address-rate).", "--address-rate", "0")]
    [InlineData("'localhost' is no address of this machine", "--listen", "localhost:443")]
    public async Task What_makes_no_gateway_is_refused_and_nothing_is_written(string why, params string[] options)
    {
        var refused = await MakeAsync(options);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(why, refused.Errors, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private Task<Outcome> MakeAsync(string[] arguments) =>
        Running.RunAsync(_folder.FullName, [], ["gateway", .. arguments]);
}
