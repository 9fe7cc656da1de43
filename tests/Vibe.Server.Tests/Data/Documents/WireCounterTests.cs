using Google.Protobuf.Reflection;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>
/// No counter on the wire (R2): each number and time that a method by consent can send or take stands here with the
/// reason why it may.
/// </summary>
public sealed class WireCounterTests
{
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["vibe.data.v1.Document.create_time"] = "when the document came into the reader's view",
        ["vibe.data.v1.Document.update_time"] = "its last change in the reader's view",
        ["vibe.data.v1.WriteResult.update_time"] = "its last change in the writer's view",
        ["vibe.data.v1.ListDocumentsRequest.page_size"] = "the caller's own",
        ["vibe.data.v1.ListCollectionsRequest.page_size"] = "the caller's own",
        ["vibe.sync.v1.PullRequest.page_size"] = "the caller's own",
        ["vibe.sync.v1.Put.create_time"] = "when the document came into the reader's view",
        ["vibe.sync.v1.Put.update_time"] = "its last change in the reader's view",
        ["vibe.sync.v1.Opened.heartbeat_interval"] = "a setting of the server, the same for all",
        ["vibe.sync.v1.Opened.lifetime"] = "what is left of the caller's own token",
        ["vibe.sync.v1.Heartbeat.server_time"] = "the clock, at moments fixed when the stream opened",
        ["vibe.sync.v1.SubscribeResponse.scope_index"] = "the place of a scope in the caller's own request",
        ["google.rpc.Status.code"] = "the code of a status",
        ["google.protobuf.Value.number_value"] = "content of a document",
    };

    private static readonly FieldType[] Numbers =
    [
        FieldType.Double,
        FieldType.Float,
        FieldType.Int32,
        FieldType.Int64,
        FieldType.UInt32,
        FieldType.UInt64,
        FieldType.SInt32,
        FieldType.SInt64,
        FieldType.Fixed32,
        FieldType.Fixed64,
        FieldType.SFixed32,
        FieldType.SFixed64,
    ];

    [Fact]
    public void Every_number_and_time_that_apps_can_reach_has_a_reason()
    {
        var found = new HashSet<string>();
        var seen = new HashSet<string>();
        foreach (var method in Methods())
        {
            Walk(method.InputType, found, seen);
            Walk(method.OutputType, found, seen);
        }
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<MethodDescriptor> Methods()
    {
        FileDescriptor[] files =
        [
            DocumentServiceReflection.Descriptor,
            CollectionServiceReflection.Descriptor,
            SyncServiceReflection.Descriptor,
            GrantServiceReflection.Descriptor,
            AppServiceReflection.Descriptor,
        ];
        var methods = files
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .Where(method =>
                method.GetOptions().GetExtension(AccessExtensions.Access).CallerCase
                == AccessRule.CallerOneofCase.Consented
            )
            .ToList();
        Assert.NotEmpty(methods);
        return methods;
    }

    private static void Walk(MessageDescriptor message, HashSet<string> found, HashSet<string> seen)
    {
        if (!seen.Add(message.FullName))
            return;
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            if (Numbers.Contains(field.FieldType))
                found.Add(field.FullName);
            if (field.FieldType != FieldType.Message)
                continue;
            if (field.MessageType.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration")
                found.Add(field.FullName);
            else
                Walk(field.MessageType, found, seen);
        }
    }
}
