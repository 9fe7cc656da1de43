using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Vibe.Consent.Policy;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Requests;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Data.Documents;

/// <summary>Reads writes from requests, refusing what is wrong with them by themselves.</summary>
internal sealed class WriteRequests(DocumentLimits limits, Limits calls, Clock clock)
{
    public CreateDocument Read(V1.CreateDocumentRequest request, Caller caller)
    {
        var collection = CollectionName.Parse(request.Parent, "parent", caller);
        if (request.DocumentId.Length > 0 && !Ids.IsId(request.DocumentId))
            throw CallErrors.NameInvalid(
                "document_id",
                request.DocumentId,
                "1 to 64 characters of [A-Za-z0-9._~-], neither '.' nor '..'"
            );
        var id = request.DocumentId.Length > 0 ? request.DocumentId : Guid.CreateVersion7(clock.Now).ToString();
        var content = request.Document;
        return new CreateDocument(
            new DocumentName(collection, id),
            request.DocumentId,
            DocumentWire.RequiredBody(BodyOf(content), JsonOf(content), limits, "document"),
            content.Acl is null
                ? null
                : AccessList.FromWire(content.Acl, collection.Space, calls.AclPeople, "document.acl")
        );
    }

    public UpdateDocument Read(V1.UpdateDocumentRequest request, ServerCallContext context, Caller caller) =>
        Checked(
            new UpdateDocument(
                DocumentName.Parse(request.Name, "name", caller),
                DocumentWire.OptionalBody(BodyOf(request.Document), JsonOf(request.Document), limits),
                UpdatePaths.Parse(request.UpdatePaths, limits.Json),
                request.UpdatePaths
            )
            {
                IfMatch = IfMatch.Of(request.IfMatch, context),
                AllowMissing = request.AllowMissing,
            }
        );

    public DeleteDocument Read(V1.DeleteDocumentRequest request, ServerCallContext context, Caller caller) =>
        new(DocumentName.Parse(request.Name, "name", caller))
        {
            IfMatch = IfMatch.Of(request.IfMatch, context),
            AllowMissing = request.AllowMissing,
        };

    public SetDocumentAcl Read(V1.SetDocumentAclRequest request, ServerCallContext context, Caller caller)
    {
        var name = DocumentName.Parse(request.Name, "name", caller);
        return new SetDocumentAcl(name, AccessList.FromWire(request.Acl, name.Collection.Space, calls.AclPeople))
        {
            IfMatch = IfMatch.Of(request.IfMatch, context),
        };
    }

    /// <summary>Reads the writes of a batch; where several are malformed, the refusal lists them all.</summary>
    public (SpaceName Space, IReadOnlyList<DocumentWrite> Writes) Read(V1.BatchWriteRequest request, Caller caller)
    {
        var space = SpaceName.Parse(request.Parent, "parent", caller);
        if (request.Writes.Count == 0)
            throw CallErrors.FieldInvalid("writes", "a batch holds at least one write.");
        if (request.Writes.Count > calls.BatchWrites)
            throw CallErrors.TooManyItems("writes", request.Writes.Count, calls.BatchWrites);
        var writes = new List<DocumentWrite>(request.Writes.Count);
        var errors = new List<VibeException>();
        var names = new HashSet<DocumentName>();
        for (var index = 0; index < request.Writes.Count; index++)
        {
            try
            {
                var write = Read(request.Writes[index], space, caller);
                if (!names.Add(write.Name))
                    throw CallErrors.FieldInvalid("document", "each document may be named once in a batch.");
                writes.Add(write);
            }
            catch (VibeException error)
            {
                errors.Add(error.InWrite(index));
            }
        }
        return errors.Count == 0 ? (space, writes) : throw Together(errors);
    }

    private DocumentWrite Read(V1.Write write, SpaceName space, Caller caller)
    {
        var name = DocumentName.Parse(write.Document, "document", caller);
        if (name.Collection.Space != space)
            throw CallErrors.FieldInvalid("document", "it must lie in the space that 'parent' names.");
        return write.ActionCase switch
        {
            V1.Write.ActionOneofCase.Create when write.IfMatch.Length > 0 => throw CallErrors.FieldInvalid(
                "if_match",
                "what is created has no etag before."
            ),
            V1.Write.ActionOneofCase.Create => new CreateDocument(
                name,
                name.Id,
                DocumentWire.RequiredBody(
                    write.Create.ContentCase == V1.CreateWrite.ContentOneofCase.Body ? write.Create.Body : null,
                    write.Create.ContentCase == V1.CreateWrite.ContentOneofCase.Json ? write.Create.Json : null,
                    limits,
                    "create"
                ),
                write.Create.Acl is null
                    ? null
                    : AccessList.FromWire(write.Create.Acl, space, calls.AclPeople, "create.acl")
            ),
            V1.Write.ActionOneofCase.Update => Checked(
                new UpdateDocument(
                    name,
                    DocumentWire.OptionalBody(
                        write.Update.ContentCase == V1.UpdateWrite.ContentOneofCase.Body ? write.Update.Body : null,
                        write.Update.ContentCase == V1.UpdateWrite.ContentOneofCase.Json ? write.Update.Json : null,
                        limits
                    ),
                    UpdatePaths.Parse(write.Update.UpdatePaths, limits.Json),
                    write.Update.UpdatePaths
                )
                {
                    IfMatch = write.IfMatch,
                    AllowMissing = write.Update.AllowMissing,
                }
            ),
            V1.Write.ActionOneofCase.Delete => new DeleteDocument(name)
            {
                IfMatch = write.IfMatch,
                AllowMissing = write.Delete.AllowMissing,
            },
            V1.Write.ActionOneofCase.SetAcl => new SetDocumentAcl(
                name,
                AccessList.FromWire(write.SetAcl.Acl, space, calls.AclPeople, "set_acl.acl")
            )
            {
                IfMatch = write.IfMatch,
            },
            _ => throw CallErrors.FieldInvalid("action", "say what to do: create, update, delete or set_acl."),
        };
    }

    private static UpdateDocument Checked(UpdateDocument update)
    {
        if (update is { AllowMissing: true, IfMatch.Length: > 0 })
            throw CallErrors.FieldInvalid("allow_missing", "it contradicts 'if_match', which asks for a document.");
        if (update.AskedPaths.Count > 0 && update.Paths != UpdatePaths.Everything)
            update.Paths.CheckCovers(update.Values);
        return update;
    }

    private static VibeException Together(List<VibeException> errors) =>
        errors.Count == 1
            ? errors[0]
            : new VibeException(errors[0].Reason, errors[0].Message, errors[0].Metadata)
            {
                Violations =
                [
                    .. errors.SelectMany(error =>
                        error.Violations.Count > 0
                            ? error.Violations
                            : [($"writes[{error.Metadata["write"]}]", error.Message)]
                    ),
                ],
            };

    private static Google.Protobuf.WellKnownTypes.Struct? BodyOf(V1.Document? document) =>
        document?.ContentCase == V1.Document.ContentOneofCase.Body ? document.Body : null;

    private static ByteString? JsonOf(V1.Document? document) =>
        document?.ContentCase == V1.Document.ContentOneofCase.Json ? document.Json : null;
}
