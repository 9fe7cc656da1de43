using Google.Protobuf.Reflection;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Identity.V1;
using Vibe.Sync.V1;

namespace Vibe.Testing.Telemetry;

/// <summary>What everybody knows from the contract, and so nobody betrays.</summary>
internal static class Contract
{
    private static readonly ServiceDescriptor[] Services =
    [
        DocumentService.Descriptor,
        CollectionService.Descriptor,
        SyncService.Descriptor,
        GrantService.Descriptor,
        AppService.Descriptor,
        AccountService.Descriptor,
        ServerService.Descriptor,
    ];

    private static readonly Dictionary<string, MessageDescriptor> Inputs = Services
        .SelectMany(service => service.Methods)
        .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}", method => method.InputType);

    private static readonly HashSet<string> Words =
    [
        .. Services.Select(service => service.FullName),
        .. AllFiles().SelectMany(file => file.MessageTypes).SelectMany(WordsOf),
        .. AllFiles().SelectMany(file => file.EnumTypes).SelectMany(type => type.Values).Select(value => value.Name),
    ];

    /// <summary>Whether a text is the name of a service, a field or a value.</summary>
    public static bool IsWord(string text) => Words.Contains(text);

    /// <summary>What a method takes, by its full name.</summary>
    public static MessageDescriptor? Input(string method) => Inputs.GetValueOrDefault(method);

    private static IEnumerable<FileDescriptor> AllFiles() =>
        Services.Select(service => service.File).SelectMany(file => file.Dependencies.Prepend(file)).Distinct();

    private static IEnumerable<string> WordsOf(MessageDescriptor message) =>
        message
            .Fields.InDeclarationOrder()
            .SelectMany(field => new[] { field.Name, field.JsonName })
            .Concat(message.EnumTypes.SelectMany(type => type.Values).Select(value => value.Name))
            .Concat(message.NestedTypes.SelectMany(WordsOf));
}
