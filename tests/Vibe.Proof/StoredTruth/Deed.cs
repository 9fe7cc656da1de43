using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Writes that somebody asks for with one call.</summary>
/// <param name="By">Who asks.</param>
/// <param name="Writes">The writes; several go as a batch.</param>
/// <param name="Key">The idempotency key, if the call has one.</param>
internal sealed record Deed(Func<Seat> By, IReadOnlyList<Write> Writes, string Key)
{
    /// <summary>Asks for it.</summary>
    public async Task<Answer> AskAsync(CancellationToken cancellation = default)
    {
        var seat = By();
        var calls = seat.Documents;
        if (Writes is not [var write])
        {
            var request = new BatchWriteRequest
            {
                Parent = Writes[0].Document.Split("/collections/")[0],
                IdempotencyKey = Key,
            };
            request.Writes.Add(Writes);
            var answer = await calls.BatchWriteAsync(request, cancellationToken: cancellation);
            return new Answer(
                seat,
                [.. answer.Results.Select(result => (result.Document, result.Etag, result.UpdateTime, (Document?)null))]
            );
        }
        switch (write.ActionCase)
        {
            case Write.ActionOneofCase.Create:
                var parts = write.Document.Split("/documents/");
                var create = new CreateDocumentRequest
                {
                    Parent = parts[0],
                    DocumentId = parts[1],
                    Document = new Document { Json = write.Create.Json, Acl = write.Create.Acl },
                    IdempotencyKey = Key,
                };
                return Answer.Of(
                    seat,
                    (await calls.CreateDocumentAsync(create, cancellationToken: cancellation)).Document
                );
            case Write.ActionOneofCase.Update:
                var update = new UpdateDocumentRequest
                {
                    Name = write.Document,
                    Document = new Document { Json = write.Update.Json },
                    IfMatch = write.IfMatch,
                    IdempotencyKey = Key,
                };
                update.UpdatePaths.Add(write.Update.UpdatePaths);
                return Answer.Of(
                    seat,
                    (await calls.UpdateDocumentAsync(update, cancellationToken: cancellation)).Document
                );
            case Write.ActionOneofCase.Delete:
                var delete = new DeleteDocumentRequest
                {
                    Name = write.Document,
                    IfMatch = write.IfMatch,
                    IdempotencyKey = Key,
                };
                await calls.DeleteDocumentAsync(delete, cancellationToken: cancellation);
                return new Answer(seat, [(write.Document, "", null, null)]);
            default:
                var share = new SetDocumentAclRequest
                {
                    Name = write.Document,
                    Acl = write.SetAcl.Acl,
                    IfMatch = write.IfMatch,
                    IdempotencyKey = Key,
                    JsonBodies = true,
                };
                return Answer.Of(
                    seat,
                    (await calls.SetDocumentAclAsync(share, cancellationToken: cancellation)).Document
                );
        }
    }

    public override string ToString() =>
        $"{By().Party.App ?? By().Party.Person} {Key}: {string.Join("; ", Writes.Select(write => Short($"{write}")))}";

    private static string Short(string text) => text.Length > 300 ? $"{text[..300]}…" : text;
}

/// <summary>What a call that succeeded said about each document.</summary>
internal sealed record Answer(
    Seat By,
    IReadOnlyList<(string Name, string Etag, Timestamp? Moved, Document? Document)> Told
)
{
    public static Answer Of(Seat by, Document document) =>
        new(by, [(document.Name, document.Etag, document.UpdateTime, document)]);
}

/// <summary>How a call may end that does not succeed.</summary>
internal static class Refusals
{
    /// <summary>The reason, where the call was refused by a rule and left nothing behind.</summary>
    public static string? Of(RpcException failure) =>
        failure.StatusCode
            is StatusCode.NotFound
                or StatusCode.AlreadyExists
                or StatusCode.PermissionDenied
                or StatusCode.Aborted
            ? failure.Reason()
            : null;
}
