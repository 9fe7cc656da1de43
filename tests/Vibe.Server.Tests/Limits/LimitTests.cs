using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Server.Tests.Sync;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;
using static Vibe.Server.Tests.Sized;

namespace Vibe.Server.Tests.Limits;

/// <summary>Every limit at every door: what is one below it, at it, and one above it; and what is refused leaves nothing.</summary>
public abstract class LimitTests(EngineServer shared, ITestOutputHelper output) : FrontDoorTests(shared)
{
    private const int Mebibyte = 1 << 20;

    private static int _fresh;

    [Fact]
    public async Task A_message_has_4_MiB()
    {
        using var wire = new Wire(Server);
        await Own.CreateAsync(Movies, "m1");
        var request = new GetDocumentRequest { Name = Movie("m1") }.ToByteArray();
        await HoldsAsync(
            "message, bytes",
            4 * Mebibyte,
            "MESSAGE_TOO_LARGE",
            (protocol, size) =>
                Task.FromResult<Func<Task<Answer>>>(() =>
                    protocol == Protocol.Rest
                        ? wire.RestAsync(
                            Own.Token,
                            "POST",
                            $"/v1/{Movies}/documents?document_id={Fresh()}",
                            Encoding.ASCII.GetBytes("{\"body\":{}}".PadRight(size))
                        )
                        : wire.GrpcAsync(protocol, Own.Token, Method("GetDocument"), Wire.Framed(Padded(request, size)))
                )
        );
    }

    [Fact]
    public async Task What_a_caller_may_write_of_a_document_has_1_MiB()
    {
        await HoldsAsync("document, bytes", Mebibyte, "DOCUMENT_TOO_LARGE", Own, size => Creation(OfSize("a", size)));
        var some = await AppAsync([Update], "/a", "/b");
        await Own.CreateAsync(Movies, "m1", """{"a":1,"hidden":"abc"}""");
        await HoldsAsync(
            "document of an app, bytes",
            Mebibyte,
            "DOCUMENT_TOO_LARGE",
            some.Actor,
            size => Change("m1", OfSize("a", size))
        );
    }

    [Fact]
    public async Task A_document_has_30_levels() =>
        await HoldsAsync("document, levels", 30, "DOCUMENT_TOO_DEEP", Own, levels => Structured(OfDepth(levels)));

    [Fact]
    public async Task What_a_caller_may_write_of_a_document_has_45000_values() =>
        await HoldsAsync(
            "document, values",
            45_000,
            "DOCUMENT_TOO_MANY_VALUES",
            Own,
            values => Creation(OfValues(values))
        );

    [Fact]
    public async Task The_name_of_a_member_has_256_bytes() =>
        await HoldsAsync(
            "name of a member, bytes",
            256,
            "MEMBER_NAME_TOO_LONG",
            Own,
            bytes => Structured(Named(string.Concat(Enumerable.Repeat("é", bytes / 2)) + new string('n', bytes % 2)))
        );

    [Fact]
    public async Task A_whole_document_has_2_MiB_and_90000_values()
    {
        var (a, b, c) = (
            await AppAsync([Create], "/a"),
            await AppAsync([Update], "/b"),
            await AppAsync([Update], "/c")
        );
        const int room = 102;
        await a.Actor.CreateAsync(Movies, "m1", OfSize("a", Mebibyte));
        await b.Actor.UpdateAsync(Movie("m1"), OfSize("b", Mebibyte - room + 2));
        await HoldsAsync(
            "whole document, bytes",
            2 * Mebibyte,
            "DOCUMENT_TOO_LARGE",
            c.Actor,
            size => Change("m1", OfSize("c", size - (2 * Mebibyte) + room))
        );
        await a.Actor.CreateAsync(Movies, "m2", OfValues(45_000));
        await b.Actor.UpdateAsync(Movie("m2"), OfValues(44_990, "b"));
        await HoldsAsync(
            "whole document, values",
            90_000,
            "DOCUMENT_TOO_LARGE",
            c.Actor,
            values => Change("m2", OfValues(values - 89_990, "c"))
        );
    }

    [Fact]
    public async Task A_batch_has_500_writes() =>
        await HoldsAsync(
            "batch, writes",
            500,
            "TOO_MANY_ITEMS",
            Own,
            count =>
            {
                var batch = new BatchWriteRequest { Parent = Alice.Space };
                batch.Writes.Add(
                    Enumerable
                        .Range(0, count)
                        .Select(n => new Write
                        {
                            Document = Movie($"none-{n}"),
                            Delete = new DeleteWrite { AllowMissing = true },
                        })
                );
                return batch;
            }
        );

    [Fact]
    public async Task A_page_has_100_documents_where_nothing_is_said_and_1000_at_most()
    {
        for (var from = 0; from < 1005; from += 335)
            await Own.BatchAsync(
                Alice.Space,
                Enumerable.Range(from, 335).Select(n => DocumentCalls.Creation(Movie($"d{n:d4}"), "{}"))
            );
        foreach (var (asked, given) in new[] { (0, 100), (1, 1), (999, 999), (1000, 1000), (1001, 1000) })
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            var request = new ListDocumentsRequest { Parent = Movies, PageSize = asked };
            Assert.Equal(given, await CountAsync(protocol, request));
            var pull = new PullRequest
            {
                Scope = new Scope { Collection = Movies },
                PageSize = asked,
            };
            Assert.Equal(given, await CountAsync(protocol, pull));
            output.WriteLine($"{"page, documents asked for", -28} {protocol, -8} {asked} gives {given}");
        }
        using var wire = new Wire(Server);
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            var request = new ListDocumentsRequest { Parent = Movies, PageSize = -1 };
            var answer = await wire.CallAsync(protocol, Own.Token, Method("ListDocuments"), request);
            Assert.Equal("FIELD_INVALID", answer.Word);
        }
    }

    [Fact]
    public async Task A_page_has_3_MiB()
    {
        // What is left of a page by two documents of a mebibyte, in base64 and with what is reckoned for each beside it.
        var large = (Mebibyte / 3 * 4) + 640;
        var third = ((3 * Mebibyte) - (2 * large) - 640) / 4 * 3;
        await Own.CreateAsync(Movies, "a", OfSize("a", Mebibyte));
        await Own.CreateAsync(Movies, "b", OfSize("a", Mebibyte));
        await Own.CreateAsync(Movies, "d", "{}");
        foreach (var (more, given) in new[] { (-3, 3), (0, 3), (3, 2) })
        {
            await Own.UpdateAsync(Movie("c"), OfSize("a", third + more), ["*"], allowMissing: true);
            foreach (var protocol in Enum.GetValues<Protocol>())
            {
                var request = new ListDocumentsRequest { Parent = Movies, JsonBodies = true };
                Assert.Equal(given, await CountAsync(protocol, request, 3 * Mebibyte));
                output.WriteLine($"{"page, bytes", -28} {protocol, -8} room {more:+0;-0;0} gives {given} documents");
            }
        }
    }

    [Fact]
    public async Task A_manifest_and_a_grant_have_100_entries_of_200_members()
    {
        await HoldsAsync("manifest, entries", 100, "TOO_MANY_ITEMS", Own, count => Registration(count, 1));
        await HoldsAsync("entry, members", 200, "TOO_MANY_ITEMS", Own, count => Registration(1, count));
        await HoldsAsync("grant, entries", 100, "TOO_MANY_ITEMS", Own, count => GrantAsync(count, 1));
        await HoldsAsync("entry of a grant, members", 200, "TOO_MANY_ITEMS", Own, count => GrantAsync(1, count));
    }

    [Fact]
    public async Task An_access_list_has_1000_people_on_either_side()
    {
        await Own.CreateAsync(Movies, "m1");
        foreach (var allows in new[] { true, false })
            await HoldsAsync(
                allows ? "list, people allowed" : "list, people denied",
                1000,
                "TOO_MANY_ITEMS",
                Own,
                count =>
                {
                    var rule = new AclRule { Operations = { Operation.Read } };
                    rule.People.Add(Enumerable.Range(0, count).Select(n => $"did:vibe:p{n}"));
                    var acl = new Acl();
                    (allows ? acl.Allow : acl.Deny).Add(rule);
                    return new SetDocumentAclRequest { Name = Movie("m1"), Acl = acl };
                }
            );
    }

    [Fact]
    public async Task A_grant_has_32_streams()
    {
        var app = await AppAsync([Read], "*");
        await StreamsHoldAsync("streams of a grant", 32, app.Actor, [app.Actor]);
    }

    [Fact]
    public async Task An_address_has_256_streams()
    {
        var apps = new List<Actor>();
        for (var count = 0; count < 8; count++)
            apps.Add((await AppAsync([Read], "*")).Actor);
        await StreamsHoldAsync("streams of an address", 256, Own, apps);
    }

    /// <summary>Holds one stream too few, as many as may be, and one too many for the call that follows.</summary>
    private async Task StreamsHoldAsync(string limit, int most, Actor caller, IReadOnlyList<Actor> holders)
    {
        using var wire = new Wire(Server);
        var held = new List<Follower>();
        var request = new SubscribeRequest { Scope = new Scope { Collection = Movies } };
        var words = Enum.GetValues<Protocol>().ToDictionary(protocol => protocol, _ => new List<string>());
        foreach (var others in new[] { most - 2, most - 1, most })
        {
            while (held.Count < others)
                held.Add(await HeldAsync(holders[held.Count % holders.Count], held.Count < most - 2));
            foreach (var protocol in Enum.GetValues<Protocol>())
            {
                // The call before ends as soon as the server has noticed it.
                var answer = await wire.CallAsync(protocol, caller.Token, Method("Subscribe"), request);
                while (others < most && answer.Word == "TOO_MANY_STREAMS")
                    answer = await wire.CallAsync(protocol, caller.Token, Method("Subscribe"), request);
                words[protocol].Add(answer.Word);
                Assert.Null(answer.Flaw());
                Assert.Equal(others < most ? "OK" : "TOO_MANY_STREAMS", answer.Word);
                if (answer.IsOk)
                    continue;
                Assert.Equal($"{most}", answer.Status!.GetDetail<Google.Rpc.ErrorInfo>()!.Metadata["limit"]);
                Assert.NotNull(answer.Status!.GetDetail<Google.Rpc.RetryInfo>());
            }
        }
        foreach (var (protocol, told) in words)
            Print(limit, protocol, most, told);
        foreach (var follower in held)
            await follower.DisposeAsync();
        await Remains.NothingOpenAsync(Server);
    }

    private async Task<Follower> HeldAsync(Actor actor, bool atOnce)
    {
        while (true)
        {
            try
            {
                return await Follower.OpenAsync(actor, Calls.Scope("spaces/me/collections/movies"));
            }
            catch (Grpc.Core.RpcException refused) when (!atOnce && refused.Reason() == "TOO_MANY_STREAMS")
            {
                // The calls before it have not been noticed to have ended.
            }
        }
    }

    private Task HoldsAsync(string limit, int most, string reason, Actor actor, Func<int, IMessage> request) =>
        HoldsAsync(limit, most, reason, actor, size => Task.FromResult(request(size)));

    private async Task HoldsAsync(string limit, int most, string reason, Actor actor, Func<int, Task<IMessage>> request)
    {
        using var wire = new Wire(Server);
        await HoldsAsync(
            limit,
            most,
            reason,
            async (protocol, size) =>
            {
                var message = await request(size);
                var method = AccessTable.Rows.Single(row => row.Method.InputType == message.Descriptor).Method;
                return () => wire.CallAsync(protocol, actor.Token, method, message);
            }
        );
    }

    private async Task HoldsAsync(
        string limit,
        int most,
        string reason,
        Func<Protocol, int, Task<Func<Task<Answer>>>> prepare
    )
    {
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            var words = new List<string>();
            foreach (var size in new[] { most - 1, most, most + 1 })
            {
                var call = await prepare(protocol, size);
                var before = await Remains.OfAsync(Server);
                var answer = await call();
                Assert.Null(answer.Flaw());
                Assert.Equal(size <= most ? "OK" : reason, answer.Word);
                if (!answer.IsOk)
                    Assert.Equal(before, await Remains.OfAsync(Server));
                words.Add(answer.Word);
            }
            Print(limit, protocol, most, words);
        }
    }

    private void Print(string limit, Protocol protocol, int most, IEnumerable<string> words) =>
        output.WriteLine($"{limit, -28} {protocol, -8} {most, 9}  {string.Join(" | ", words)}");

    private async Task<int> CountAsync(Protocol protocol, IMessage request, int mostBytes = int.MaxValue)
    {
        if (protocol == Protocol.Rest)
        {
            using var client = Own.Rest();
            var (_, target, _) = Rest.Write(
                AccessTable.Rows.Single(row => row.Method.InputType == request.Descriptor).Method,
                request
            );
            var text = await client.GetByteArrayAsync(target);
            Assert.InRange(text.Length, 0, mostBytes);
            using var json = JsonDocument.Parse(text);
            return request is ListDocumentsRequest
                ? json.RootElement.GetProperty("documents").GetArrayLength()
                : json.RootElement.GetProperty("page").GetProperty("changes").GetArrayLength();
        }
        var invoker = protocol == Protocol.Grpc ? Own.Invoker : Own.WebInvoker;
        if (request is not ListDocumentsRequest list)
            return (await new SyncService.SyncServiceClient(invoker).PullAsync((PullRequest)request))
                .Page
                .Changes
                .Count;
        var page = await new DocumentService.DocumentServiceClient(invoker).ListDocumentsAsync(list);
        Assert.InRange(page.CalculateSize(), 0, mostBytes);
        return page.Documents.Count;
    }

    private CreateDocumentRequest Creation(string json) =>
        new()
        {
            Parent = Movies,
            DocumentId = Fresh(),
            Document = new Document { Json = Utf8(json) },
        };

    private CreateDocumentRequest Structured(string json) =>
        new()
        {
            Parent = Movies,
            DocumentId = Fresh(),
            Document = new Document { Body = JsonParser.Default.Parse<Google.Protobuf.WellKnownTypes.Struct>(json) },
        };

    private UpdateDocumentRequest Change(string id, string json) =>
        new()
        {
            Name = Movie(id),
            Document = new Document { Json = Utf8(json) },
        };

    private static CreateAppRequest Registration(int entries, int members)
    {
        var manifest = new Manifest { DisplayName = "limits" };
        for (var index = 0; index < entries; index++)
            manifest.Access.Add(
                new RequestedAccess
                {
                    Collection = $"c{index}",
                    Purpose = "for a test",
                    Operations = { Operation.Read },
                    Fields = { Fields(members) },
                }
            );
        return new CreateAppRequest
        {
            AppId = Fresh(),
            App = new App { Manifest = manifest },
        };
    }

    private async Task<IMessage> GrantAsync(int entries, int members)
    {
        var request = Registration(1, 1);
        request.App.Manifest.Access[0].Fields[0] = "*";
        var app = (await Own.Apps.CreateAppAsync(request)).App;
        var grant = new Grant { App = app.Name, ManifestDigest = app.ManifestDigest };
        for (var index = 0; index < entries; index++)
            grant.Access.Add(
                new GrantedAccess
                {
                    Collection = "c0",
                    Mode = AccessMode.Always,
                    Operations = { Operation.Read },
                    Fields = { Fields(members) },
                }
            );
        return new CreateGrantRequest { Parent = Alice.Space, Grant = grant };
    }

    private static IEnumerable<string> Fields(int count) => Enumerable.Range(0, count).Select(n => $"/m{n}");

    private static byte[] Padded(byte[] message, int size)
    {
        // A member that nobody knows, of whatever length is missing.
        using var stream = new MemoryStream();
        stream.Write(message);
        using var coded = new CodedOutputStream(stream, leaveOpen: true);
        coded.WriteTag(1000, WireFormat.WireType.LengthDelimited);
        coded.WriteBytes(ByteString.CopyFrom(new byte[size - message.Length - 6]));
        coded.Flush();
        Assert.Equal(size, stream.Length);
        return stream.ToArray();
    }

    private static MethodDescriptor Method(string name) =>
        AccessTable.Rows.Single(row => row.Method.Name == name).Method;

    private static string Fresh() => $"limit-{Interlocked.Increment(ref _fresh)}";

    public sealed class OnSqlite(SqliteServer server, ITestOutputHelper output)
        : LimitTests(server, output),
            IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server, ITestOutputHelper output)
        : LimitTests(server, output),
            IClassFixture<PostgresServer>;
}
