using Vibe.Testing;

namespace Vibe.Cli.Tests.OpenApi;

public sealed class OpenApiCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-openapi-");

    [Fact]
    public async Task The_document_in_the_checkout_is_what_the_contract_makes()
    {
        var made = await Running.RunAsync(_folder.FullName, [], ["openapi", "vibe.json"]);

        Assert.True(made.ExitCode == 0, made.ToString());
        Assert.True(
            await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "sdk/generated/openapi/vibe.json"))
                == await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "vibe.json")),
            "sdk/generated/openapi/vibe.json is not what the contract makes: run tools/openapi."
        );
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
