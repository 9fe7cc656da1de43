using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Data.V1;
using Vibe.Sync.V1;

namespace Vibe.Cases.Doors;

/// <summary>Stands between clients and a server and spoils what the server says, as little as it can.</summary>
internal sealed class Saboteur : IAsyncDisposable
{
    /// <summary>
    /// The faults by name. The last two put a change before the end of a stream, where a client shows it, and behind it.
    /// </summary>
    public static readonly IReadOnlyList<string> Faults = ["drop", "double", "swap", "etag", "late", "after"];

    /// <summary>The document of the change that comes too late.</summary>
    public const string TooLate = "after-the-end";

    private static readonly string[] HopByHop =
    [
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "host",
        "content-length",
    ];

    private readonly HttpClient _server;
    private readonly string _fault;
    private GrpcDoor _door = null!;

    private Saboteur(Uri server, string fault)
    {
        _fault = fault;
        _server = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = true })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public Uri Grpc => _door.Grpc;

    public Uri Web => _door.Web;

    public static async Task<Saboteur> StartAsync(Uri server, string fault)
    {
        if (!Faults.Contains(fault))
            throw new ArgumentException($"'{fault}' is no fault.", nameof(fault));
        var saboteur = new Saboteur(server, fault);
        saboteur._door = await GrpcDoor.OpenAsync(saboteur.PassAsync);
        return saboteur;
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        _server.Dispose();
    }

    private async Task PassAsync(GrpcCall call)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{call.Service}/{call.Method}");
        using var body = new MemoryStream();
        await Frames.WriteAsync(body, await call.RequestAsync(), call.Gone);
        request.Content = new ByteArrayContent(body.ToArray());
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        foreach (var (name, value) in call.Headers)
            if (!name.StartsWith(':') && name is not "Content-Type" && !HopByHop.Contains(name.ToLowerInvariant()))
                request.Headers.TryAddWithoutValidation(name, value.ToArray());
        request.Headers.TE.ParseAdd("trailers");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using var response = await _server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, call.Gone);
        await using var messages = await response.Content.ReadAsStreamAsync(call.Gone);
        var spoils = Spoiler(call.Method);
        while (await Frames.ReadAsync(messages, call.Gone) is { } message)
            foreach (var spoilt in spoils(message))
                await call.SendAsync(spoilt);
        var trailers = response.TrailingHeaders.Any() ? response.TrailingHeaders : response.Headers;
        await call.EndAsync(
            trailers
                .Where(header => header.Key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase))
                .Select(header => KeyValuePair.Create(header.Key, string.Join(',', header.Value)))
        );
    }

    /// <summary>Makes of each message of one call what the client gets instead.</summary>
    private Func<byte[], IEnumerable<byte[]>> Spoiler(string method)
    {
        if (method != "Subscribe")
            return message => [_fault == "etag" ? WithoutEtag(method, message) : message];
        byte[]? held = null;
        var isSpoilt = false;
        return message =>
        {
            var response = SubscribeResponse.Parser.ParseFrom(message);
            if (_fault is "late" or "after" && !isSpoilt && IsEnd(response))
            {
                isSpoilt = true;
                return _fault == "late" ? [LateChange(), message] : [message, LateChange()];
            }
            if (response.EventCase != SubscribeResponse.EventOneofCase.Page || response.Page.Changes.Count == 0)
                return [message];
            switch (_fault)
            {
                case "drop" when !isSpoilt && !response.Page.Reset:
                    isSpoilt = true;
                    return [];

                case "double":
                    return [message, message];

                case "swap" when !isSpoilt && !response.Page.Reset:
                    isSpoilt = true;
                    held = message;
                    return [];

                case "swap" when held is { } first:
                    held = null;
                    return [message, first];

                case "etag":
                    foreach (var change in response.Page.Changes)
                        if (change.Put is { } put)
                            put.Etag = Spoilt(put.Etag);
                    return [response.ToByteArray()];

                default:
                    return [message];
            }
        };
    }

    private static bool IsEnd(SubscribeResponse response) =>
        response.EventCase is SubscribeResponse.EventOneofCase.End or SubscribeResponse.EventOneofCase.ScopeEnded;

    private static byte[] LateChange()
    {
        var put = new Put
        {
            Json = ByteString.CopyFromUtf8("{}"),
            Etag = "x",
            CreateTime = new Timestamp(),
            UpdateTime = new Timestamp(),
        };
        return new SubscribeResponse
        {
            Page = new Page
            {
                Changes =
                {
                    new Change { DocumentId = TooLate, Put = put },
                },
                ResumeToken = "x",
                Checkpoint = new Checkpoint(),
            },
        }.ToByteArray();
    }

    private static byte[] WithoutEtag(string method, byte[] message)
    {
        switch (method)
        {
            case "GetDocument":
                var got = GetDocumentResponse.Parser.ParseFrom(message);
                got.Document.Etag = Spoilt(got.Document.Etag);
                return got.ToByteArray();

            case "ListDocuments":
                var listed = ListDocumentsResponse.Parser.ParseFrom(message);
                foreach (var document in listed.Documents)
                    document.Etag = Spoilt(document.Etag);
                return listed.ToByteArray();

            default:
                return message;
        }
    }

    private static string Spoilt(string etag) => etag is "" ? "x" : $"{etag[..^1]}{(etag[^1] == 'A' ? 'B' : 'A')}";
}
