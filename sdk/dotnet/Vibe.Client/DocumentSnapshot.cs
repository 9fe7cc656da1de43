using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Vibe.Client;

/// <summary>
/// A document as the caller saw it at one moment: a value without any connection, to be kept, compared and shown. An
/// app sees what its grant lets it read: what may be hidden must be optional in <typeparamref name="T"/>.
/// </summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class DocumentSnapshot<T> : IEquatable<DocumentSnapshot<T>>
{
    private readonly Codec<T> _codec;
    private StrongBox<T>? _value;

    /// <summary>Makes a snapshot of a value; apps need this in tests.</summary>
    /// <param name="id">The document's id.</param>
    /// <param name="value">The content.</param>
    public DocumentSnapshot(string id, T value)
        : this(id, Codec<T>.Reflected.ToUtf8(value), Codec<T>.Reflected)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        _value = new StrongBox<T>(value);
    }

    internal DocumentSnapshot(string id, ReadOnlyMemory<byte> json, Codec<T> codec)
    {
        Id = id;
        JsonUtf8 = json;
        _codec = codec;
    }

    /// <summary>The document's id.</summary>
    public string Id { get; }

    /// <summary>
    /// The content, decoded when it is first asked for; members that the type does not know are passed over.
    /// </summary>
    /// <exception cref="JsonException">The content does not fit the type. Other documents are not affected.</exception>
    public T Value => (_value ??= new StrongBox<T>(_codec.FromUtf8(JsonUtf8))).Value!;

    /// <summary>The content as canonical JSON (RFC 8785), as it came.</summary>
    public string Json => Client.Json.ToText(JsonUtf8);

    /// <summary>
    /// The content as canonical JSON in UTF-8, as it came: to forward, hash or store without parsing.
    /// </summary>
    public ReadOnlyMemory<byte> JsonUtf8 { get; }

    /// <summary>
    /// Identifies what the caller sees of the document; it changes when, and only when, that changes. Writes quote it
    /// in <see cref="WriteOptions.IfMatch"/>.
    /// </summary>
    public string Etag { get; init; } = "";

    /// <summary>
    /// When the document came into this caller's view, which may be long after it was made: its creation, or the change
    /// of its access list that let the caller in.
    /// </summary>
    public DateTimeOffset CreateTime { get; init; }

    /// <summary>When anything that the caller may read was last changed.</summary>
    public DateTimeOffset UpdateTime { get; init; }

    /// <summary>
    /// The access list; null for callers that may not share the document, and where it leaves access to the owner alone.
    /// </summary>
    public Acl? Acl { get; init; }

    /// <summary>Tells whether two snapshots show the same state of the same document.</summary>
    /// <param name="other">The other snapshot.</param>
    /// <returns>True when id, etag, times and content are equal.</returns>
    public bool Equals(DocumentSnapshot<T>? other) =>
        other is not null
        && Id == other.Id
        && Etag == other.Etag
        && CreateTime == other.CreateTime
        && UpdateTime == other.UpdateTime
        && JsonUtf8.Span.SequenceEqual(other.JsonUtf8.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DocumentSnapshot<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Etag, UpdateTime);
}
