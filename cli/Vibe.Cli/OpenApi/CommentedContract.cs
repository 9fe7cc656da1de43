using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Access.V1;
using Vibe.Errors.V1;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// The contract with its comments. Compiled descriptors carry none, so protoc writes another set of them when this command is
/// built, which needs nothing that the build does not have.
/// </summary>
internal static class CommentedContract
{
    private const string Resource = "contract.binpb";
    private const string Package = "vibe.";

    private static readonly IReadOnlyList<FileDescriptor> Files = Read();

    /// <summary>The services, in the order of their names.</summary>
    public static IReadOnlyList<ServiceDescriptor> Services { get; } =
    [.. Files.SelectMany(file => file.Services).OrderBy(service => service.FullName, StringComparer.Ordinal)];

    /// <summary>The reasons for errors, without the one that stands for none.</summary>
    public static IReadOnlyList<EnumValueDescriptor> Reasons { get; } =
    [
        .. Files
            .SelectMany(file => file.EnumTypes)
            .Single(type => type.FullName == "vibe.errors.v1.ErrorReason")
            .Values.Where(reason => reason.Number != 0),
    ];

    /// <summary>What the contract says about something, as Markdown: a paragraph is a line, samples stay as they are.</summary>
    public static string CommentOf(DescriptorBase part)
    {
        var text = part.Declaration?.LeadingComments ?? "";
        var lines = text.Split('\n').Select(line => line.StartsWith(' ') ? line[1..] : line);
        var paragraphs = string.Join('\n', lines).Trim('\n').Split("\n\n");
        return string.Join("\n\n", paragraphs.Select(Unwrapped));
    }

    private static string Unwrapped(string paragraph) =>
        paragraph.StartsWith("    ", StringComparison.Ordinal)
            ? paragraph
            : string.Join(' ', paragraph.Split('\n').Select(line => line.Trim()));

    private static IReadOnlyList<FileDescriptor> Read()
    {
        using var resource = typeof(CommentedContract).Assembly.GetManifestResourceStream(Resource)!;
        var set = FileDescriptorSet.Parser.ParseFrom(resource);
        var options = new ExtensionRegistry
        {
            AccessExtensions.Access,
            AnnotationsExtensions.Http,
            ErrorReasonExtensions.Code,
            FieldBehaviorExtensions.FieldBehavior,
        };
        return
        [
            .. FileDescriptor
                .BuildFromByteStrings(set.File.Select(file => file.ToByteString()), options)
                .Where(file => file.Package.StartsWith(Package, StringComparison.Ordinal)),
        ];
    }
}
