using Google.Protobuf;
using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>The one path of all writes: each is a batch, be it of one.</summary>
internal static class Writes
{
    public static Write Create<T>(DocumentRef<T> document, T value, WriteOptions? options) =>
        Of(
            document,
            options,
            takesAcl: true,
            takesMissing: false,
            write =>
                write.Create = new CreateWrite
                {
                    Json = ToJson(document.Collection.Codec.ToUtf8(value)),
                    Acl = options?.Acl?.ToWire(),
                }
        );

    public static Write Update<T>(DocumentRef<T> document, object members, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(members);
        return members is Edit edit
            ? Update(document, edit, options)
            : Of(
                document,
                options,
                takesAcl: false,
                takesMissing: true,
                write =>
                    write.Update = new UpdateWrite
                    {
                        Json = ToJson(Json.MembersToUtf8(members)),
                        AllowMissing = options?.AllowMissing ?? false,
                    }
            );
    }

    public static Write Update<T>(DocumentRef<T> document, Edit edit, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(edit);
        return Of(
            document,
            options,
            takesAcl: false,
            takesMissing: true,
            write =>
                write.Update = new UpdateWrite
                {
                    Json = ToJson(edit.ToBody()),
                    UpdatePaths = { edit.Paths },
                    AllowMissing = options?.AllowMissing ?? false,
                }
        );
    }

    public static Write Replace<T>(DocumentRef<T> document, T value, WriteOptions? options) =>
        Of(
            document,
            options,
            takesAcl: false,
            takesMissing: true,
            write =>
                write.Update = new UpdateWrite
                {
                    Json = ToJson(document.Collection.Codec.ToUtf8(value)),
                    UpdatePaths = { "*" },
                    AllowMissing = options?.AllowMissing ?? false,
                }
        );

    public static Write Delete<T>(DocumentRef<T> document, WriteOptions? options) =>
        Of(
            document,
            options,
            takesAcl: false,
            takesMissing: true,
            write => write.Delete = new DeleteWrite { AllowMissing = options?.AllowMissing ?? false }
        );

    public static Write SetAcl<T>(DocumentRef<T> document, Acl acl, WriteOptions? options)
    {
        ArgumentNullException.ThrowIfNull(acl);
        return Of(
            document,
            options,
            takesAcl: false,
            takesMissing: false,
            write => write.SetAcl = new SetAclWrite { Acl = acl.ToWire() }
        );
    }

    /// <summary>
    /// Commits one write. Where it must wait for its place it may share a message with others that wait too, unless that
    /// could be seen: a key stands for its own request, and access lists go before content at the server.
    /// </summary>
    public static async Task<Client.WriteResult> CommitAsync(
        Space space,
        Write write,
        WriteOptions? options,
        CancellationToken cancellationToken
    )
    {
        var mayShare = options?.IdempotencyKey is null && write.ActionCase != Write.ActionOneofCase.SetAcl;
        var batch = new Batch(space, [write], options?.IdempotencyKey);
        var results = await CommitAsync(batch, mayShare, options?.Timeout, cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    /// <summary>Commits writes as one.</summary>
    public static Task<IReadOnlyList<Client.WriteResult>> CommitAsync(
        Space space,
        IReadOnlyCollection<Write> writes,
        CommitOptions? options,
        CancellationToken cancellationToken
    ) =>
        CommitAsync(
            new Batch(space, writes, options?.IdempotencyKey),
            mayShare: false,
            options?.Timeout,
            cancellationToken
        );

    private static async Task<IReadOnlyList<Client.WriteResult>> CommitAsync(
        Batch batch,
        bool mayShare,
        TimeSpan? timeout,
        CancellationToken cancellationToken
    )
    {
        var queue = batch.Connection.Spaces.Of(batch.Space.Id).Queue;
        var response = await batch
            .Connection.CallAsync(
                Rpc.BatchWrite,
                batch.Send,
                timeout,
                cancellationToken,
                gate: (call, attempts, stop) => queue.PassAsync(new WaitingWrite(call, batch, mayShare), attempts, stop)
            )
            .ConfigureAwait(false);
        batch.Acknowledge(response);
        return
        [
            .. response.Results.Select(result => new Client.WriteResult
            {
                Id = ResourceName.LastId(result.Document),
                Etag = result.Etag is "" ? null : result.Etag,
                UpdateTime = result.UpdateTime?.ToDateTimeOffset(),
                ConsistencyToken = response.ConsistencyToken,
            }),
        ];
    }

    private static Write Of<T>(
        DocumentRef<T> document,
        WriteOptions? options,
        bool takesAcl,
        bool takesMissing,
        Action<Write> act
    )
    {
        // The request has no place for these, so the server could not refuse them: they would be lost without a word.
        if (options is { Acl: not null } && !takesAcl)
        {
            throw new ArgumentException("Only create takes an access list; SetAclAsync changes it.", nameof(options));
        }

        if (options is { AllowMissing: true } && !takesMissing)
        {
            throw new ArgumentException("Only update, replace and delete allow a missing document.", nameof(options));
        }

        var write = new Write { Document = document.Name, IfMatch = options?.IfMatch ?? "" };
        act(write);
        return write;
    }

    // The bytes were made for this request and nobody else holds them.
    private static ByteString ToJson(byte[] json) => UnsafeByteOperations.UnsafeWrap(json);
}
