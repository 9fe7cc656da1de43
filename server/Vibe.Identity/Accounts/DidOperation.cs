using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vibe.Identity.Accounts;

/// <summary>
/// One entry of a person's identity log, in the format of did:plc. It is kept as the canonical DAG-CBOR that was
/// signed, and shown as the JSON that did:plc shows.
/// </summary>
internal sealed class DidOperation
{
    /// <summary>The most that an operation may measure, in bytes of DAG-CBOR.</summary>
    public const int MaxBytes = 7500;

    private const int MaxRotationKeys = 10;

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly JsonObject members;

    private DidOperation(JsonObject members)
    {
        this.members = members;
        try
        {
            ReadMembers();
            Cbor = DagCbor.Encode(members);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new InvalidDidLogException("a member has the wrong type", e);
        }
        if (Cbor.Length > MaxBytes)
            throw new InvalidDidLogException("the operation is too large");
        Cid = ContentId.Of(Cbor.Span);
    }

    public DidOperationKind Kind { get; private set; }

    /// <summary>The keys that may sign the next operation, the most powerful first.</summary>
    public IReadOnlyList<string> RotationKeys { get; private set; } = [];

    public IReadOnlyDictionary<string, string> VerificationMethods { get; private set; } =
        new Dictionary<string, string>();

    public IReadOnlyList<string> AlsoKnownAs { get; private set; } = [];

    public IReadOnlyDictionary<string, DidService> Services { get; private set; } =
        new Dictionary<string, DidService>();

    /// <summary>The CID of the operation that this one follows; null in the first.</summary>
    public string? Prev { get; private set; }

    /// <summary>The signature in unpadded base64url; null until the operation is signed.</summary>
    public string? Sig { get; private set; }

    /// <summary>The operation as canonical DAG-CBOR, its signature included: the form that is stored.</summary>
    public ReadOnlyMemory<byte> Cbor { get; }

    public string Cid { get; }

    /// <summary>What a DID is made of whose first operation this is: 24 characters of its hash.</summary>
    public string Suffix => ContentId.Base32Of(SHA256.HashData(Cbor.Span))[..24];

    public static DidOperation Create(
        IEnumerable<string> rotationKeys,
        IReadOnlyDictionary<string, string> verificationMethods,
        IEnumerable<string> alsoKnownAs,
        IReadOnlyDictionary<string, DidService> services,
        string? prev
    ) =>
        new(
            new JsonObject
            {
                ["type"] = "plc_operation",
                ["rotationKeys"] = List(rotationKeys),
                ["verificationMethods"] = Map(verificationMethods, method => JsonValue.Create(method)),
                ["alsoKnownAs"] = List(alsoKnownAs),
                ["services"] = Map(
                    services,
                    service => new JsonObject { ["type"] = service.Type, ["endpoint"] = service.Endpoint }
                ),
                ["prev"] = prev,
            }
        );

    /// <summary>Makes the operation that ends an identity.</summary>
    public static DidOperation Tombstone(string prev) =>
        new(new JsonObject { ["type"] = "plc_tombstone", ["prev"] = prev });

    /// <summary>Reads the form that is stored; bytes that are not the canonical ones of an operation are refused.</summary>
    public static DidOperation FromCbor(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new InvalidDidLogException("the operation is too large");
        var operation = FromJson(DagCbor.Decode(bytes));
        return operation.Cbor.Span.SequenceEqual(bytes.Span)
            ? operation
            : throw new InvalidDidLogException("not canonical DAG-CBOR");
    }

    public static DidOperation FromJson(string json)
    {
        try
        {
            return FromJson(JsonNode.Parse(json, documentOptions: Strict));
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidDidLogException("not JSON", e);
        }
    }

    public string ToJson() => members.ToJsonString(Json);

    /// <summary>Returns the operation signed with a P-256 key.</summary>
    public DidOperation Sign(ECDsa key)
    {
        var signature = key.SignData(UnsignedCbor(), HashAlgorithmName.SHA256);
        var signed = Unsigned();
        signed["sig"] = Base64Url.EncodeToString(KeyCurve.P256.WithLowS(signature));
        return new DidOperation(signed);
    }

    /// <summary>Finds the first of the keys that signed the operation; null when none did.</summary>
    public string? SignerAmong(IEnumerable<string> keys)
    {
        if (SignatureBytes() is not { } signature)
            return null;
        var data = UnsignedCbor();
        return keys.FirstOrDefault(key => DidKey.Parse(key).Verifies(data, signature));
    }

    private static DidOperation FromJson(JsonNode? node) =>
        new(node as JsonObject ?? throw new InvalidDidLogException("an operation is not an object"));

    // Decoders differ in what they forgive, so a signature that spells differently when written again is refused.
    private byte[]? SignatureBytes()
    {
        if (Sig is null)
            return null;
        try
        {
            var bytes = Base64Url.DecodeFromChars(Sig);
            return Base64Url.EncodeToString(bytes) == Sig ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private byte[] UnsignedCbor() => DagCbor.Encode(Unsigned());

    private JsonObject Unsigned()
    {
        var unsigned = members.DeepClone().AsObject();
        unsigned.Remove("sig");
        return unsigned;
    }

    private void ReadMembers()
    {
        Prev = members.TryGetPropertyValue("prev", out var prev)
            ? prev?.GetValue<string>()
            : throw new InvalidDidLogException("prev is missing");
        Sig = members.ContainsKey("sig") ? Text(members, "sig") : null;
        switch (Text(members, "type"))
        {
            case "plc_operation":
                Kind = DidOperationKind.Operation;
                Expect(
                    members,
                    "type",
                    "rotationKeys",
                    "verificationMethods",
                    "alsoKnownAs",
                    "services",
                    "prev",
                    "sig"
                );
                RotationKeys = Texts(Member(members, "rotationKeys"));
                VerificationMethods = Map(members, "verificationMethods", node => node!.GetValue<string>());
                AlsoKnownAs = Texts(Member(members, "alsoKnownAs"));
                Services = Map(members, "services", ReadService);
                break;
            case "plc_tombstone":
                Kind = DidOperationKind.Tombstone;
                Expect(members, "type", "prev", "sig");
                break;
            case "create":
                Kind = DidOperationKind.LegacyCreate;
                Expect(members, "type", "signingKey", "recoveryKey", "handle", "service", "prev", "sig");
                ReadLegacyCreate();
                break;
            default:
                throw new InvalidDidLogException("the type is unknown");
        }
        if (RotationKeys.Count > MaxRotationKeys)
            throw new InvalidDidLogException("there are too many rotation keys");
        foreach (var key in RotationKeys)
            DidKey.Parse(key);
    }

    private void ReadLegacyCreate()
    {
        var signingKey = Text(members, "signingKey");
        RotationKeys = [Text(members, "recoveryKey"), signingKey];
        VerificationMethods = new Dictionary<string, string> { ["atproto"] = signingKey };
        AlsoKnownAs = ["at://" + Text(members, "handle")];
        Services = new Dictionary<string, DidService>
        {
            ["atproto_pds"] = new("AtprotoPersonalDataServer", Text(members, "service")),
        };
    }

    private static DidService ReadService(JsonNode? node)
    {
        var service = node!.AsObject();
        Expect(service, "type", "endpoint");
        return new DidService(Text(service, "type"), Text(service, "endpoint"));
    }

    private static void Expect(JsonObject value, params ReadOnlySpan<string> known)
    {
        foreach (var (name, _) in value)
        {
            if (!known.Contains(name))
                throw new InvalidDidLogException("there is an unknown member");
        }
    }

    private static JsonNode Member(JsonObject value, string name) =>
        value[name] ?? throw new InvalidDidLogException($"{name} is missing");

    private static string Text(JsonObject value, string name) => Member(value, name).GetValue<string>();

    private static string[] Texts(JsonNode list) =>
        [
            .. list.AsArray()
                .Select(item => item?.GetValue<string>() ?? throw new InvalidDidLogException("a list holds null")),
        ];

    private static Dictionary<string, T> Map<T>(JsonObject value, string name, Func<JsonNode?, T> read) =>
        Member(value, name)
            .AsObject()
            .ToDictionary(
                entry => entry.Key,
                entry => read(entry.Value ?? throw new InvalidDidLogException($"{name} holds null"))
            );

    private static JsonArray List(IEnumerable<string> items) => new([.. items.Select(item => JsonValue.Create(item))]);

    private static JsonObject Map<T>(IReadOnlyDictionary<string, T> items, Func<T, JsonNode?> write) =>
        new(items.Select(item => KeyValuePair.Create(item.Key, write(item.Value))));
}
