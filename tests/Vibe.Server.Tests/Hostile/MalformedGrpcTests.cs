using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>What no client would send over gRPC and gRPC-web: broken messages, broken frames, wrong words about both.</summary>
public sealed class MalformedGrpcTests(ITestOutputHelper output)
{
    private const string Any = "";

    // What the web server says of itself when text that is no base64 breaks off the reading of gRPC-web.
    private const string OfKestrel = "automatic draining of the request body failed";

    private const string Malformed = "MESSAGE_MALFORMED";
    private const string Unsupported = "ENCODING_UNSUPPORTED";
    private const string TooLarge = "MESSAGE_TOO_LARGE";

    private static readonly byte[] Gzip = Compressed(new GetDocumentRequest { Name = "x" }.ToByteArray());

    /// <summary>Broken messages, and what each is answered; where nothing is said, any reason of the contract.</summary>
    private static IEnumerable<(string Class, string Name, byte[] Message, string Reason)> Messages()
    {
        yield return ("truncated", "a tag without a value", [0x0a], Malformed);
        yield return ("truncated", "a length without its bytes", [0x0a, 0x05, 0x61], Malformed);
        yield return ("truncated", "a number that does not end", [0x10, 0xff], Malformed);
        yield return ("truncated", "a number of eleven bytes", [0x10, .. Enumerable.Repeat((byte)0xff, 11)], Malformed);
        yield return ("wrong wire types", "field 0", [0x00, 0x01], Malformed);
        yield return ("wrong wire types", "wire type 6", [0x0e, 0x01], Malformed);
        yield return ("wrong wire types", "wire type 7", [0x0f, 0x01], Malformed);
        yield return ("wrong wire types", "the end of no group", [0x0c], Malformed);
        yield return ("wrong wire types", "a group that does not end", [0x0b, 0x08, 0x01], Malformed);
        yield return ("wrong wire types", "a number for a text", [0x08, 0x01], Any);
        yield return ("wrong wire types", "eight bytes for a text", [0x09, 1, 2, 3, 4, 5, 6, 7, 8], Any);
        yield return ("wrong wire types", "a text for a message", [0x12, 0x03, 0x61, 0x62, 0x63], Any);
        yield return ("over-deep", "200 structures", Deep(200), Any);
        yield return ("over-deep", "1,000 structures", Deep(1000), Any);
        yield return ("over-deep", "200 groups", [.. Enumerable.Repeat((byte)0x0b, 200)], Malformed);
        yield return ("over-deep", "100,000 groups", [.. Enumerable.Repeat((byte)0x0b, 100_000)], Malformed);
        yield return ("huge length prefixes", "2 GiB of text", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], Malformed);
        yield return ("huge length prefixes", "4 GiB of text", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], Malformed);
        yield return (
            "huge length prefixes",
            "less than nothing",
            [0x0a, .. Enumerable.Repeat((byte)0xff, 9), 1],
            Malformed
        );
        yield return ("bad UTF-8", "a lone continuation", [0x0a, 0x01, 0x80], Any);
        yield return ("bad UTF-8", "an overlong slash", [0x0a, 0x02, 0xc0, 0xaf], Any);
        yield return ("bad UTF-8", "half a surrogate pair", [0x0a, 0x03, 0xed, 0xa0, 0x80], Any);
        yield return ("noise", "zeros", new byte[1000], Malformed);
        var random = new Random(5);
        for (var count = 0; count < 100; count++)
        {
            var noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            yield return ("noise", $"noise {count}", noise, Any);
        }
    }

    /// <summary>Broken frames and wrong words about them, each with what it is answered.</summary>
    private static IEnumerable<(
        string Class,
        string Name,
        byte[] Body,
        string? Type,
        (string, string)[] Headers,
        string Reason
    )> Frames()
    {
        byte[] message = [0x0a, 0x01, 0x61];
        yield return ("broken frames", "no frame", [], null, [], Malformed);
        yield return ("broken frames", "half a head", [0, 0, 0], null, [], Malformed);
        yield return ("broken frames", "less than announced", [0, 0, 0, 0, 9, 1], null, [], Malformed);
        yield return ("broken frames", "4 GiB announced", [0, 0xff, 0xff, 0xff, 0xff, 1], null, [], Any);
        yield return ("broken frames", "2 GiB announced", [0, 0x7f, 0xff, 0xff, 0xff, 1], null, [], TooLarge);
        yield return ("broken frames", "two", [.. Wire.Framed(message), .. Wire.Framed(message)], null, [], Malformed);
        yield return ("broken frames", "flag 7", Wire.Framed(message, 7), null, [], Malformed);
        yield return ("wrong encodings", "compressed without a word", Wire.Framed(message, 1), null, [], Malformed);
        yield return (
            "wrong encodings",
            "not gzip",
            Wire.Framed(message, 1),
            null,
            [("grpc-encoding", "gzip")],
            Malformed
        );
        yield return (
            "wrong encodings",
            "half of gzip",
            Wire.Framed(Gzip[..^6], 1),
            null,
            [("grpc-encoding", "gzip")],
            Any
        );
        yield return (
            "wrong encodings",
            "unknown",
            Wire.Framed(message, 1),
            null,
            [("grpc-encoding", "unknown")],
            Unsupported
        );
        yield return (
            "wrong encodings",
            "twice",
            Wire.Framed(Gzip, 1),
            null,
            [("grpc-encoding", "gzip, gzip")],
            Unsupported
        );
        yield return (
            "wrong encodings",
            "100 MiB of zeros in gzip",
            Wire.Framed(Compressed(new byte[100 * 1024 * 1024]), 1),
            null,
            [("grpc-encoding", "gzip")],
            TooLarge
        );
        foreach (
            var type in new[]
            {
                "application/grpc+json",
                "application/grpc+x",
                "application/grpcx",
                "application/grpc;a",
            }
        )
            yield return ("wrong content types", type, Wire.Framed(message), type, [], Any);
        foreach (
            var type in new[] { "application/grpc-web-text", "application/grpc-web+x", "application/grpc-web+json" }
        )
            yield return ("wrong content types", type, Wire.Framed(message), type, [], Any);
        foreach (var type in new[] { "text/plain", "application/json", "application/x-protobuf", "" })
            yield return ("wrong content types", $"'{type}'", Wire.Framed(message), type, [], Any);
        foreach (var timeout in new[] { "", "-1S", "1", "999999999S", "99999999H", "1X", "0n", "1 S" })
            yield return (
                "broken headers",
                $"timeout {timeout}",
                Wire.Framed(message),
                null,
                [("grpc-timeout", timeout)],
                timeout is "99999999H" or "0n" ? Any : Malformed
            );
        foreach (var size in new[] { 7_000, 20_000 })
            yield return (
                "huge headers",
                $"{size} bytes",
                Wire.Framed(message),
                null,
                [("x-large", new string('x', size))],
                Any
            );
        yield return (
            "huge headers",
            "90 headers",
            Wire.Framed(message),
            null,
            [.. Enumerable.Range(0, 90).Select(number => ($"x-{number}", "x"))],
            Any
        );
        yield return ("broken headers", "binary that is none", Wire.Framed(message), null, [("x-a-bin", "%%%")], Any);
        yield return (
            "broken headers",
            "a trace that is none",
            Wire.Framed(message),
            null,
            [("traceparent", "00-x")],
            Any
        );
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task What_is_broken_is_refused_with_a_reason_and_leaves_nothing(Engine engine)
    {
        var tally = new Tally();
        using var connections = new OpenConnections();
        await using var server = await VibeServer.StartAsync(new ServerSetup { Engine = engine, ExpectsErrors = true });
        var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"a":1}""");
        var (_, token) = await alice.Own.PullAsync(alice.Collection("movies"));
        MethodDescriptor[] methods =
        [
            DocumentService.Descriptor.FindMethodByName("GetDocument"),
            DocumentService.Descriptor.FindMethodByName("CreateDocument"),
            DocumentService.Descriptor.FindMethodByName("BatchWrite"),
            SyncService.Descriptor.FindMethodByName("Subscribe"),
        ];
        var before = await Remains.OfAsync(server);
        foreach (var protocol in new[] { Protocol.Grpc, Protocol.GrpcWeb })
        foreach (var method in methods)
        {
            var errors = server.Errors.Count;
            foreach (var (kind, name, message, reason) in Messages())
                Note(kind, name, reason, await wire.GrpcAsync(protocol, alice.Own.Token, method, Wire.Framed(message)));
            foreach (var (kind, name, body, type, headers, reason) in Frames())
                Note(kind, name, reason, await wire.GrpcAsync(protocol, alice.Own.Token, method, body, type, headers));
            var logged = server.Errors.Skip(errors).Where(error => !error.Contains(OfKestrel)).ToList();
            if (logged.Count > 0)
                tally.Blame("log", $"{protocol}", method.Name, $"{logged.Count} errors, such as {logged[0]}");

            void Note(string kind, string name, string reason, Answer answer)
            {
                var flaw = answer.Flaw();
                if (flaw is null && reason.Length > 0 && answer.Word != reason)
                    flaw = $"{answer.Word} instead of {reason}";
                tally.Count(kind, $"{protocol}", answer, $"{method.Name} {name}", flaw);
            }
        }
        wire.Dispose();
        await Remains.NothingOpenAsync(server);
        Assert.Equal(before, await Remains.OfAsync(server));
        Assert.Empty((await alice.Own.PullAsync(alice.Collection("movies"), token)).Changes);
        // The one that stays is that of the test itself.
        await connections.FallToAsync(server.GrpcAddress, 1);
        await connections.FallToAsync(server.WebAddress, 0);
        tally.Report(output);
    }

    // A document whose body has structures within structures.
    private static byte[] Deep(int levels)
    {
        byte[] value = [0x20, 0x01];
        for (var level = 0; level < levels; level++)
            value = Field(5, Field(1, [.. Field(1, Encoding.UTF8.GetBytes("a")), .. Field(2, value)]));
        return new CreateDocumentRequest { Parent = "spaces/me/collections/movies" }.ToByteArray() is var head
            ? [.. head, .. Field(3, Field(2, Field(1, [.. Field(1, "a"u8.ToArray()), .. Field(2, value)])))]
            : [];
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var stream = new MemoryStream();
        using var coded = new CodedOutputStream(stream);
        coded.WriteTag(number, WireFormat.WireType.LengthDelimited);
        coded.WriteBytes(ByteString.CopyFrom(content));
        coded.Flush();
        return stream.ToArray();
    }

    private static byte[] Compressed(byte[] message)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(message);
        return target.ToArray();
    }
}
