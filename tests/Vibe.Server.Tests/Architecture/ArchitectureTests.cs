using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Grpc.Core.Interceptors;

namespace Vibe.Server.Tests.Architecture;

/// <summary>The rules of the house that the compiler does not hold by itself.</summary>
public partial class ArchitectureTests
{
    private const int ProgramLines = 60;

    private static readonly string[] Line =
    [
        "Vibe.Contracts",
        "Vibe.Hosting",
        "Vibe.Storage",
        "Vibe.Identity",
        "Vibe.Consent",
        "Vibe.Data",
        "Vibe.Sync",
        "Vibe.Server",
    ];

    private static readonly string[] EmptyFolderNames =
    [
        "Common",
        "Core",
        "Shared",
        "Utils",
        "Helpers",
        "Abstractions",
        "Models",
        "Services",
        "Interfaces",
    ];

    [Fact]
    public void Server_projects_know_the_one_below_them_and_no_other()
    {
        foreach (var (project, references) in References("server"))
        {
            var place = Array.IndexOf(Line, project);
            Assert.True(place > 0, $"{project} has no place in the line of server projects.");
            Assert.Equal([Line[place - 1]], references);
        }
    }

    [Fact]
    public void The_sdk_knows_the_contract_and_nothing_of_the_server() =>
        Assert.All(References("sdk"), project => Assert.Empty(project.References.Except(["Vibe.Contracts"])));

    [Fact]
    public void The_contract_knows_no_project() =>
        Assert.Empty(References("sdk").Single(project => project.Name == "Vibe.Contracts").References);

    [Fact]
    public void Only_tests_and_the_command_line_know_both_server_and_sdk()
    {
        var both = References("")
            .Where(project => project.References.Contains("Vibe.Client"))
            .Where(project => project.References.Any(reference => Line[1..].Contains(reference)))
            .Select(project => project.Name);

        Assert.All(
            both,
            name => Assert.True(name == "Vibe.Cli" || name.EndsWith(".Tests", StringComparison.Ordinal), name)
        );
    }

    [Fact]
    public void Database_providers_are_named_in_storage_only() =>
        Assert.DoesNotContain(
            Repository
                .Files("server", "*.cs")
                .Concat(Repository.Files("server", "*.csproj"))
                .Where(file => !file.StartsWith("server/Vibe.Storage/", StringComparison.Ordinal)),
            file => Provider().IsMatch(Repository.Read(file))
        );

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() =>
        Assert.DoesNotContain(Repository.Folders(), folder => EmptyFolderNames.Contains(Path.GetFileName(folder)));

    [Fact]
    public void No_type_has_a_suffix_that_says_nothing() =>
        Assert.Empty(
            Repository
                .Files("", "*.cs")
                .SelectMany(file =>
                    EmptyTypeName().Matches(Repository.Read(file)).Select(type => $"{file}: {type.Value}")
                )
        );

    [Fact]
    public void Proto_packages_import_access_errors_google_and_themselves() =>
        Assert.Empty(
            Repository
                .Files("protos", "*.proto")
                .SelectMany(file =>
                    Import()
                        .Matches(Repository.Read(file))
                        .Select(import => import.Groups[1].Value)
                        .Where(import => !MayImport(file["protos/".Length..], import))
                        .Select(import => $"{file}: {import}")
                )
        );

    [Fact]
    public void The_program_of_the_server_fits_on_a_screen() =>
        Assert.All(
            Repository.Files("server/Vibe.Server", "Program.cs"),
            file => Assert.InRange(Repository.Read(file).Split('\n').Length - 1, 1, ProgramLines)
        );

    [Fact]
    public void The_server_has_at_most_one_interceptor() =>
        Assert.InRange(
            Directory
                .EnumerateFiles(AppContext.BaseDirectory, "Vibe.*.dll")
                .Where(file => Line.Contains(Path.GetFileNameWithoutExtension(file)))
                .SelectMany(file => Assembly.LoadFrom(file).GetTypes())
                .Count(type => type.IsSubclassOf(typeof(Interceptor))),
            0,
            1
        );

    [Fact]
    public void No_file_holds_a_path_of_one_machine() =>
        Assert.DoesNotContain(
            new[] { "*.cs", "*.csproj", "*.props", "*.json", "*.yaml", "*.proto" }
                .SelectMany(pattern => Repository.Files("", pattern))
                .Concat(Repository.Files("tools", "*").Concat(Repository.Files(".ci", "*"))),
            file => MachinePath().IsMatch(Repository.Read(file))
        );

    private static IEnumerable<(string Name, string[] References)> References(string folder)
    {
        var projects = Repository.Files(folder, "*.csproj").ToArray();
        Assert.NotEmpty(projects);
        return projects.Select(file =>
            (
                Path.GetFileNameWithoutExtension(file),
                XDocument.Parse(Repository.Read(file)).Descendants("ProjectReference").Select(Target).ToArray()
            )
        );
    }

    private static string Target(XElement reference) =>
        Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));

    private static bool MayImport(string file, string import) =>
        import.StartsWith("google/", StringComparison.Ordinal)
        || import.StartsWith("vibe/access/", StringComparison.Ordinal)
        || import.StartsWith("vibe/errors/", StringComparison.Ordinal)
        || Path.GetDirectoryName(import) == Path.GetDirectoryName(file);

    [GeneratedRegex("Npgsql|Sqlite")]
    private static partial Regex Provider();

    [GeneratedRegex(
        @"\b(class|record|struct|interface|enum)\s+\w*(Manager|Helpers?|Utils?|Impl|Processor|Wrapper)\b(?=\s*[<({:;]|\s*$)",
        RegexOptions.Multiline
    )]
    private static partial Regex EmptyTypeName();

    [GeneratedRegex("^import \"([^\"]+)\";", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"[""'=\s]/(root|home|tmp)/")]
    private static partial Regex MachinePath();
}
