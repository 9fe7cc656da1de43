using System.Security.Cryptography;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Remembers which writes succeeded under which key, in the transaction of the write itself. It holds ids and no content:
/// what a repetition is shown is what the caller may see by then.
/// </summary>
public static class IdempotencyLog
{
    private static readonly OutcomeLookup Outcomes = new();

    private static readonly RowPut Keys = new(
        "idempotency_keys",
        [
            new("space", RowPut.ColumnType.Text),
            new("person", RowPut.ColumnType.Text),
            new("client", RowPut.ColumnType.Text),
            new("key", RowPut.ColumnType.Text),
        ],
        [
            new("digest", RowPut.ColumnType.Bytes),
            new("ids", RowPut.ColumnType.Text),
            new("at", RowPut.ColumnType.Number),
        ]
    );

    /// <summary>Checks the form of a key.</summary>
    /// <exception cref="VibeException">FIELD_INVALID.</exception>
    public static string? CheckKey(string key) =>
        key.Length == 0 ? null
        : Ids.IsId(key) ? key
        : throw CallErrors.FieldInvalid("idempotency_key", "expected 1 to 64 characters of [A-Za-z0-9._~-].");

    /// <summary>Digests what makes a request the same request: its method and its resolved, canonical parts.</summary>
    public static byte[] Digest(string method, params IEnumerable<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, System.Text.Encoding.UTF8.GetBytes(method));
        foreach (var part in parts)
            Append(hash, part);
        return hash.GetHashAndReset();
    }

    /// <summary>
    /// Looks whether the request succeeded before. Ask only after the door, the grant, its operation and its members, and
    /// before anything that depends on what exists.
    /// </summary>
    /// <returns>The ids that the first call wrote, or nothing when this is the first.</returns>
    /// <exception cref="VibeException">IDEMPOTENCY_KEY_REUSED: the key stands for another request.</exception>
    public static async Task<string?> FindAsync(Turn turn, Caller caller, string? key, byte[] digest)
    {
        if (key is null)
            return null;
        var found = await turn.FindAsync(Outcomes, IdempotencyKey.Of(turn.Space, caller, key));
        if (found is null || found.At <= turn.RemembersSince)
            return null;
        if (!found.Digest.AsSpan().SequenceEqual(digest))
            throw new VibeException(
                ErrorReason.IdempotencyKeyReused,
                "The idempotency key belongs to another request, which succeeded. Take a new key for a new request."
            );
        return found.Ids;
    }

    /// <summary>What a work with a key will want to know.</summary>
    public static IEnumerable<Question> Questions(SpaceName space, Caller caller, string? key) =>
        key is null ? [] : [Outcomes.For(IdempotencyKey.Of(space, caller, key))];

    /// <summary>Remembers that the request succeeded.</summary>
    public static void Remember(Turn turn, Caller caller, string? key, byte[] digest, string ids)
    {
        if (key is null)
            return;
        turn.Foresight.Forget(Outcomes.For(IdempotencyKey.Of(turn.Space, caller, key)));
        turn.Write.Defer(Keys, turn.Space.Id, caller.Person, caller.Client, key, digest, ids, turn.At);
    }

    private static void Append(IncrementalHash hash, byte[] part)
    {
        hash.AppendData(BitConverter.GetBytes(part.Length));
        hash.AppendData(part);
    }

    private readonly record struct IdempotencyKey(SpaceName Space, string Person, string Client, string Key)
    {
        public static IdempotencyKey Of(SpaceName space, Caller caller, string key) =>
            new(space, caller.Person, caller.Client, key);
    }

    private sealed record Outcome(byte[] Digest, string Ids, long At);

    private sealed class OutcomeLookup : BatchLookup<IdempotencyKey, Outcome>
    {
        private static readonly Sql ByKeys = Sql.ForEach(
            "kept.key, kept.digest, kept.ids, kept.at",
            ("idempotency_keys", "kept"),
            "kept.space = @space AND kept.person = @person AND kept.client = @client",
            "kept.key",
            "@keys"
        );

        protected override IEnumerable<Ask> AsksFor(
            IReadOnlyList<IdempotencyKey> keys,
            Action<IdempotencyKey, Outcome> found
        ) =>
            from caller in keys.GroupBy(key => key with { Key = "" }, key => key.Key)
            select new Ask(
                ByKeys,
                [
                    ("@space", caller.Key.Space.Id),
                    ("@person", caller.Key.Person),
                    ("@client", caller.Key.Client),
                    ("@keys", caller.ToArray()),
                ],
                row =>
                    found(
                        caller.Key with
                        {
                            Key = row.GetString(0),
                        },
                        new Outcome(row.Bytes(1), row.GetString(2), row.GetInt64(3))
                    )
            );
    }
}
