using System.Reflection;
using System.Text.RegularExpressions;
using Vibe.Cases.Tests.Quickstarts;
using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Deployment;

/// <summary>What is given out for Docker, held as far as that goes without it.</summary>
[Collection(nameof(ClientSuites))]
public sealed partial class ComposeTests
{
    private static readonly Dictionary<string, string> SomeVariables = new()
    {
        ["VIBE_USER"] = "1000:1000",
        ["VIBE_HOST"] = "vibe.example",
    };

    [Fact]
    public async Task Every_setting_that_it_makes_is_one_that_the_server_knows()
    {
        var compose = await ComposeFile.ReadAsync(SomeVariables);
        var known = Known().ToHashSet(StringComparer.Ordinal);

        var made = new[] { "vibe", "migrate" }
            .SelectMany(service => compose.EnvironmentOf(service).Keys)
            .Select(name => ListIndex().Replace(name.Replace("__", ":", StringComparison.Ordinal), ""))
            .Distinct()
            .ToList();

        Assert.NotEmpty(made);
        Assert.Empty(made.Except(known));
    }

    [Fact]
    public async Task No_secret_stands_in_it()
    {
        var compose = await ComposeFile.ReadAsync(SomeVariables);

        Assert.All(
            compose.Services.SelectMany(service => compose.EnvironmentOf(service)),
            variable =>
                Assert.True(
                    !SecretWords().IsMatch(variable.Key + variable.Value)
                        || variable.Value.Contains("/run/secrets/", StringComparison.Ordinal),
                    $"{variable.Key} is {variable.Value}."
                )
        );
    }

    [Fact]
    public async Task Its_services_answer_through_Envoy_when_they_are_started_as_it_says()
    {
        await using var machine = await ComposedMachine.PrepareAsync();

        await machine.StartAsync();

        await machine.RunAsync("migrate", "account", "add", "alice");
        var token = await machine.LineOfAsync("migrate", "token", "--as", "alice");
        Assert.Equal(
            "200",
            await machine.CurlAsync(
                token,
                "/v1/spaces/me/collections/movies/documents?documentId=alien",
                """{"body":{"Title":"Alien"}}"""
            )
        );
        Assert.Equal("200", await machine.CurlAsync(token, "/v1/spaces/me/collections/movies/documents/alien"));
        Assert.Equal("200", await machine.CurlAsync(token, "/.well-known/vibe"));
        Assert.Contains(machine.Origin, await machine.AnswerAsync(), StringComparison.Ordinal);
        await machine.StopAsync();
    }

    // A section that settings are read from says its name, and so does what reads one alone.
    private static IEnumerable<string> Known()
    {
        const BindingFlags any = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (var type in Assemblies().SelectMany(assembly => assembly.GetTypes()))
        foreach (
            var constant in type.GetFields(any).Where(field => field is { IsLiteral: true, FieldType.Name: "String" })
        )
        {
            var value = (string)constant.GetRawConstantValue()!;
            if (constant.Name == "Setting")
                yield return value;
            else if (constant.Name == "Section")
                foreach (var property in type.GetProperties().Where(property => property.SetMethod is not null))
                    yield return $"{value}:{property.Name}";
        }
    }

    private static IEnumerable<Assembly> Assemblies() =>
        typeof(VibeHost)
            .Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Vibe.", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(typeof(VibeHost).Assembly);

    [GeneratedRegex(@":\d+$")]
    private static partial Regex ListIndex();

    [GeneratedRegex("password|passfile|secret|key", RegexOptions.IgnoreCase)]
    private static partial Regex SecretWords();
}
