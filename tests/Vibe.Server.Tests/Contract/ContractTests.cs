using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Vibe.Access.V1;
using Vibe.Errors.V1;
using Vibe.Testing;
using ErrorReason = Vibe.Errors.V1.ErrorReason;
using ErrorReasonReflection = Vibe.Errors.V1.ErrorReasonReflection;

namespace Vibe.Server.Tests.Contract;

public partial class ContractTests
{
    private const string ReasonPrefix = "ERROR_REASON_";

    private static readonly EnumDescriptor Reasons = ErrorReasonReflection.Descriptor.EnumTypes.Single();

    public static TheoryData<string> ReasonNames => [.. Reasons.Values.Skip(1).Select(reason => reason.Name)];

    public static TheoryData<string> MethodNames => [.. Methods().Select(method => method.FullName)];

    [Fact]
    public async Task The_protos_pass_lint_and_format_and_break_no_client()
    {
        Requirement.Is(OnPath("node"), "Node is absent, which runs buf: install it to check the contract.");
        var check = await Tool.RunAsync("contract", [], TestContext.Current.CancellationToken);

        Assert.True(check.ExitCode == 0, check.Output + check.Errors);
    }

    [Fact]
    public async Task The_generated_code_is_what_the_protos_generate()
    {
        Requirement.Is(OnPath("node"), "Node is absent, which runs buf: install it to check the generated code.");
        Requirement.Is(OnPath("cargo"), "Rust is absent: install it to check the generated code.");
        Requirement.Is(
            OnPath("grpc_python_plugin"),
            "Debian's protobuf-compiler and protobuf-compiler-grpc are absent: install them to check the generated code."
        );
        var folder = Directory.CreateTempSubdirectory("vibe-generated-");
        try
        {
            var run = await Tool.RunAsync("generate", [folder.FullName], TestContext.Current.CancellationToken);
            Assert.True(run.ExitCode == 0, run.Output + run.Errors);

            foreach (var language in new[] { "python", "rust", "typescript" })
            {
                var fresh = Contents(Path.Combine(folder.FullName, language));
                var committed = Contents(Path.Combine(Repository.Root, "sdk", "generated", language));
                Assert.Equal(fresh.Keys, committed.Keys);
                Assert.All(fresh, file => Assert.Equal(file.Value, committed[file.Key]));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(ReasonNames))]
    public void Every_reason_has_a_code_and_shows_a_sample_of_itself(string name)
    {
        var code = Reasons.FindValueByName(name).GetOptions()?.GetExtension(ErrorReasonExtensions.Code);
        Assert.NotNull(code);
        Assert.NotEqual(Code.Ok, code);

        var sample = JsonNode.Parse(SampleOf(name))!.AsObject();
        Assert.Equal(["reason", "domain", "metadata"], sample.Select(member => member.Key));
        Assert.Equal(name[ReasonPrefix.Length..], sample["reason"]!.GetValue<string>());
        Assert.Equal("vibe", sample["domain"]!.GetValue<string>());
        Assert.All(sample["metadata"]!.AsObject(), entry => Assert.NotEmpty(entry.Value!.GetValue<string>()));
    }

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void Every_method_says_who_may_call_it_and_how_http_reaches_it(string name)
    {
        var options = Methods().Single(method => method.FullName == name).GetOptions();

        var access = options?.GetExtension(AccessExtensions.Access);
        Assert.NotNull(access);
        Assert.NotEqual(AccessRule.CallerOneofCase.None, access.CallerCase);
        if (access.CallerCase == AccessRule.CallerOneofCase.Consented)
            Assert.NotEmpty(access.Consented.Operations);
        Assert.DoesNotContain(Operation.Unspecified, access.Consented?.Operations ?? []);
        var http = options?.GetExtension(AnnotationsExtensions.Http);
        Assert.NotNull(http);
        Assert.NotEqual(HttpRule.PatternOneofCase.None, http.PatternCase);
    }

    [Fact]
    public void No_method_is_missed()
    {
        var declared = Repository.Files("protos", "*.proto").Sum(file => Rpc().Count(Repository.Read(file)));

        Assert.NotEqual(0, declared);
        Assert.Equal(declared, MethodNames.Count());
    }

    private static IEnumerable<MethodDescriptor> Methods() =>
        typeof(ErrorReason)
            .Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods);

    // A compiled contract carries no comments, so the sample is read where people read it.
    private static string SampleOf(string reason)
    {
        var comment = Repository
            .Read("protos/vibe/errors/v1/error_reason.proto")
            .Split('\n')
            .TakeWhile(line => !line.StartsWith($"  {reason} = ", StringComparison.Ordinal))
            .Reverse()
            .TakeWhile(line => line.StartsWith("  //", StringComparison.Ordinal))
            .Reverse();
        const string indent = "  //     ";
        return string.Join(
            '\n',
            comment
                .Where(line => line.StartsWith(indent, StringComparison.Ordinal))
                .Select(line => line[indent.Length..])
        );
    }

    private static SortedDictionary<string, string> Contents(string folder) =>
        new(
            Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => !file.Contains("__pycache__", StringComparison.Ordinal))
                .ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText),
            StringComparer.Ordinal
        );

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"^\s*rpc ", RegexOptions.Multiline)]
    private static partial Regex Rpc();
}
