using System.Reflection;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Vibe.Cli.HttpRules;
using Vibe.Data.V1;

namespace Vibe.Cli.Gateways;

/// <summary>What a gateway has to know of the contract.</summary>
internal static partial class ContractMethods
{
    /// <summary>All methods, in the order of their names.</summary>
    public static IReadOnlyList<MethodDescriptor> All { get; } =
    [
        .. Files()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .OrderBy(method => method.FullName, StringComparer.Ordinal),
    ];

    /// <summary>The services of the contract.</summary>
    public static IReadOnlyList<string> Services { get; } =
    [.. All.Select(method => method.Service.FullName).Distinct()];

    /// <summary>The path of a method in gRPC.</summary>
    public static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>The role that answers a method: the area of its package.</summary>
    public static string RoleOf(MethodDescriptor method) => method.File.Package.Split('.')[1];

    /// <summary>Whether carrying a method out twice is as good as once.</summary>
    public static bool IsIdempotent(MethodDescriptor method) =>
        method.GetOptions()?.IdempotencyLevel
            is MethodOptions.Types.IdempotencyLevel.NoSideEffects
                or MethodOptions.Types.IdempotencyLevel.Idempotent;

    /// <summary>Regular expressions of the REST paths of a method.</summary>
    public static IEnumerable<string> RestPathsOf(MethodDescriptor method) =>
        HttpBinding.Of(method).Select(binding => PatternOf(binding.Template));

    /// <summary>The descriptors of the contract and of all that errors carry, as Envoy's transcoder reads them.</summary>
    public static byte[] DescriptorSet()
    {
        var set = new FileDescriptorSet();
        var seen = new HashSet<string>();
        foreach (var file in Files().Append(ErrorInfo.Descriptor.File))
            Add(file, seen, set);
        return set.ToByteArray();
    }

    private static void Add(FileDescriptor file, HashSet<string> seen, FileDescriptorSet set)
    {
        if (!seen.Add(file.Name))
            return;
        foreach (var needed in file.Dependencies)
            Add(needed, seen, set);
        set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
    }

    private static IEnumerable<FileDescriptor> Files() =>
        typeof(DocumentService)
            .Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .OrderBy(file => file.Name, StringComparer.Ordinal);

    // `{name=spaces/*/grants/*}` binds what its pattern matches.
    private static string PatternOf(string template) =>
        Regex
            .Escape(Binding().Replace(template, match => match.Groups["pattern"].Value))
            .Replace("\\*", "[^/]+", StringComparison.Ordinal);

    [GeneratedRegex(@"\{[^=}]+=(?<pattern>[^}]+)\}")]
    private static partial Regex Binding();
}
