using System.Runtime.InteropServices;
using Vibe.Cases.Tests.Packages;
using Vibe.Testing;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>
/// Where a reader begins: an empty folder, an empty home, and registries that hold the packages of this tree, so that the
/// ordinary commands find these and no others of their names.
/// </summary>
internal sealed class Beginning : IAsyncDisposable
{
    // Cargo knows what it compiled by where it lay, so these stay where they are from one run to the next.
    private static readonly string Crates = Path.Combine(Checkout.Root, "artifacts/quickstart/crates");
    private static readonly string Compiled = Path.Combine(Checkout.Root, "artifacts/quickstart/target");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("vibe-quickstart-");
    private readonly string _home;
    private readonly int _grpc = Ports.Free();
    private readonly int _web = Ports.Free();
    private NpmRegistry? _npm;

    private Beginning()
    {
        _home = _root.CreateSubdirectory("home").FullName;
        Folder = _root.CreateSubdirectory("films").FullName;
        Environment = Variables(_home, _grpc, _web);
    }

    public string Folder { get; }

    /// <summary>The variables in which a terminal of the reader differs from this process; null is none.</summary>
    public Dictionary<string, string?> Environment { get; }

    /// <summary>A beginning where the command <c>vibe</c> can be installed.</summary>
    public static async Task<Beginning> MakeAsync()
    {
        var command = await BuiltPackages.FolderAsync("command");
        var beginning = new Beginning();
        await beginning.OfferNuGetAsync(command);
        return beginning;
    }

    /// <summary>What a page says, on the ports of this beginning.</summary>
    public string Here(string page) => page.Replace(":5280", $":{_grpc}").Replace(":5281", $":{_web}");

    public async Task OfferNuGetAsync(params IEnumerable<string> folders) =>
        await File.WriteAllTextAsync(
            Path.Combine(_root.FullName, "NuGet.Config"),
            $"""
            <configuration>
              <packageSources>
                {string.Concat(
                folders.Select(folder => $"""<add key="{Path.GetFileName(folder)}" value="{folder}" />""")
            )}
              </packageSources>
              <packageSourceMapping>
                {string.Concat(folders.Select(folder => Mapping(Path.GetFileName(folder), "Vibe.*")))}
                {Mapping("nuget.org", "*")}
              </packageSourceMapping>
            </configuration>
            """
        );

    /// <param name="file">A wheel, or a source distribution.</param>
    public async Task OfferPythonAsync(string file)
    {
        var constraints = Path.Combine(_root.FullName, "constraints.txt");
        await File.WriteAllTextAsync(constraints, $"vibespace @ {new Uri(file)}\n");
        Environment["PIP_CONSTRAINT"] = constraints;
    }

    public async Task OfferCrateAsync(string crate)
    {
        await CrateSource.FillAsync(Crates, crate);
        var home = Directory.CreateDirectory(Path.Combine(_home, ".cargo")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(home, "config.toml"),
            $"""
            [source.crates-io]
            replace-with = "here"
            [source.here]
            directory = "{Crates}"
            """
        );
        Environment["CARGO_HOME"] = home;
        Environment["CARGO_TARGET_DIR"] = Compiled;
        // Nobody debugs it.
        Environment["CARGO_PROFILE_DEV_DEBUG"] = "0";
        // Cargo takes a crate whose version it has compiled for the same one, and ours changes without a new version.
        var compiled = Directory.CreateDirectory(Path.Combine(Compiled, "debug/.fingerprint"));
        foreach (var ours in compiled.GetDirectories("vibespace-*"))
            ours.Delete(recursive: true);
    }

    public async Task OfferNpmAsync(string tarball)
    {
        _npm = await NpmRegistry.StartAsync(tarball);
        await File.WriteAllTextAsync(Path.Combine(_home, ".npmrc"), $"@vibespace:registry={_npm.Address}\n");
    }

    /// <summary>Puts a program of this machine into the path, by the name that a page calls it by.</summary>
    public async Task OfferProgramAsync(string name, string program)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_home, "bin")).FullName;
        var file = Path.Combine(folder, name);
        await File.WriteAllTextAsync(file, $"#!/bin/sh\nexec '{program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public async ValueTask DisposeAsync()
    {
        if (_npm is not null)
            await _npm.DisposeAsync();
        _root.Delete(recursive: true);
    }

    private static string Mapping(string source, string pattern) =>
        $"""<packageSource key="{source}"><package pattern="{pattern}" /></packageSource>""";

    private static Dictionary<string, string?> Variables(string home, int grpc, int web)
    {
        var user = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
        var present = System.Environment.GetEnvironmentVariables().Keys.Cast<string>();
        var variables = present.Where(IsOurs).ToDictionary(name => name, _ => (string?)null, StringComparer.Ordinal);
        variables["HOME"] = home;
        variables["PATH"] = $"{home}/bin:{home}/.dotnet/tools:{System.Environment.GetEnvironmentVariable("PATH")}";
        variables["Vibe__GrpcAddress"] = $"http://127.0.0.1:{grpc}";
        variables["Vibe__WebAddress"] = $"http://127.0.0.1:{web}";
        // The programs that this process was started with are found without the user's home.
        variables["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        variables["RUSTUP_HOME"] =
            System.Environment.GetEnvironmentVariable("RUSTUP_HOME") ?? Path.Combine(user, ".rustup");
        // What compiles in the background outlives whoever began it, and keeps the home from being deleted.
        variables["MSBUILDDISABLENODEREUSE"] = "1";
        variables["UseSharedCompilation"] = "false";
        return variables;
    }

    // Settings of tests and of the build that started them.
    private static bool IsOurs(string name) =>
        name.StartsWith("VIBE_", StringComparison.Ordinal)
        || name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)
        || name is "CARGO_TARGET_DIR" or "NUGET_PACKAGES" or "DOTNET_CLI_HOME";
}
