using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Hosting;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Storage;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;
using static Vibe.Server.Tests.Sized;

namespace Vibe.Server.Tests.Limits;

/// <summary>Operators change limits: what they set holds and is stated, and what cannot hold keeps the server from starting.</summary>
public sealed class LimitSettingTests
{
    private static readonly Dictionary<string, string?> Small = new()
    {
        ["Vibe:Limits:MessageBytes"] = "1048576",
        ["Vibe:Limits:PageBytes"] = "100000",
        ["Vibe:Limits:DefaultPageSize"] = "2",
        ["Vibe:Limits:MaxPageSize"] = "3",
        ["Vibe:Limits:BatchWrites"] = "4",
        ["Vibe:Limits:AccessEntries"] = "2",
        ["Vibe:Limits:EntryMembers"] = "3",
        ["Vibe:Limits:AclPeople"] = "2",
        ["Vibe:Limits:ConsistencyTokens"] = "1",
        ["Vibe:Limits:IdempotencyWindow"] = "2.00:00:00",
        ["Vibe:Limits:DefaultDeadline"] = "00:00:00.3",
        ["Vibe:Documents:ShareBytes"] = "2000",
        ["Vibe:Documents:ShareValues"] = "100",
        ["Vibe:Documents:WholeBytes"] = "4000",
        ["Vibe:Documents:WholeValues"] = "200",
        ["Vibe:Documents:Depth"] = "3",
        ["Vibe:Documents:NameBytes"] = "16",
        ["Vibe:Subscriptions:StreamsPerGrant"] = "1",
    };

    [Fact]
    public async Task What_operators_set_is_stated_and_holds_at_every_door()
    {
        await using var server = await VibeServer.StartAsync(new ServerSetup { Settings = Small });
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        var movies = alice.Collection("movies");
        var first = await alice.Own.CreatedAsync(movies, "m1");
        for (var count = 2; count < 6; count++)
            await alice.Own.CreateAsync(movies, $"m{count}");

        var stated = (
            await new Vibe.Identity.V1.ServerService.ServerServiceClient(server.Channel).GetServerAsync(new())
        ).Limits;
        Assert.Equal(
            (2000, 3, 100, 1048576, 4, 3, TimeSpan.FromDays(2)),
            (
                stated.DocumentBytes,
                stated.DocumentDepth,
                stated.DocumentValues,
                stated.RequestBytes,
                stated.BatchWrites,
                stated.PageSize,
                stated.IdempotencyWindow.ToTimeSpan()
            )
        );
        Assert.Equal(2, (await alice.Own.ListAsync(movies)).Documents.Count);
        Assert.Equal(3, (await alice.Own.ListAsync(movies, 10)).Documents.Count);

        var batch = new BatchWriteRequest { Parent = alice.Space };
        batch.Writes.Add(Enumerable.Range(0, 5).Select(n => Creation($"{movies}/documents/b{n}")));
        var people = new AclRule { Operations = { Operation.Read } };
        people.People.Add(Enumerable.Range(0, 3).Select(n => $"did:vibe:p{n}"));
        await using var stream = await Sync.Follower.OpenAsync(alice.Own, Sync.Calls.Scope(movies));
        (string Reason, IMessage Request)[] beyond =
        [
            ("DOCUMENT_TOO_LARGE", Creation(movies, OfSize("a", 2001))),
            ("DOCUMENT_TOO_MANY_VALUES", Creation(movies, OfValues(101))),
            ("DOCUMENT_TOO_DEEP", Creation(movies, OfDepth(4))),
            ("MEMBER_NAME_TOO_LONG", Creation(movies, Named(new string('n', 17)))),
            ("MESSAGE_TOO_LARGE", Creation(movies, OfSize("a", 1_100_000))),
            ("TOO_MANY_ITEMS", batch),
            (
                "TOO_MANY_ITEMS",
                new SetDocumentAclRequest
                {
                    Name = first.Document.Name,
                    Acl = new Acl { Allow = { people } },
                }
            ),
            ("TOO_MANY_ITEMS", Registration(3, 1)),
            ("TOO_MANY_ITEMS", Registration(1, 4)),
            (
                "TOO_MANY_ITEMS",
                new GetDocumentRequest
                {
                    Name = first.Document.Name,
                    ConsistencyTokens = { first.ConsistencyToken, first.ConsistencyToken },
                }
            ),
            ("TOO_MANY_STREAMS", new SubscribeRequest { Scope = new Scope { Collection = movies } }),
        ];
        foreach (var protocol in Enum.GetValues<Protocol>())
        foreach (var (reason, request) in beyond)
            Assert.Equal(reason, (await CallAsync(protocol, request)).Word);

        // Whoever waits for the writer longer than a call may take is told so.
        await using (await server.Services.GetRequiredService<Database>().WriteAsync(default))
            foreach (var protocol in Enum.GetValues<Protocol>())
                Assert.Equal("DEADLINE_EXCEEDED", (await CallAsync(protocol, Creation(movies, "{}"))).Word);
        Assert.Equal(5, (await alice.Own.ListAllAsync(movies)).Count);

        Task<Answer> CallAsync(Protocol protocol, IMessage request) =>
            wire.CallAsync(
                protocol,
                alice.Own.Token,
                AccessTable.Rows.Single(row => row.Method.InputType == request.Descriptor).Method,
                request
            );
    }

    [Theory]
    [InlineData("Vibe:Limits:BatchWrites", "0", "BatchWrites")]
    [InlineData("Vibe:Limits:BatchWrites", "-1", "BatchWrites")]
    [InlineData("Vibe:Limits:BatchWrites", "many", "Vibe:Limits:BatchWrites")]
    [InlineData("Vibe:Limits:BatchWirtes", "10", "Vibe:Limits:BatchWirtes")]
    [InlineData("Vibe:Limits:MessageBytes", "99999999999", "Vibe:Limits:MessageBytes")]
    [InlineData("Vibe:Limits:MessageBytes", "1000", "MessageBytes")]
    [InlineData("Vibe:Limits:PageBytes", "4000000", "PageBytes")]
    [InlineData("Vibe:Limits:DefaultPageSize", "2000", "DefaultPageSize")]
    [InlineData("Vibe:Limits:IdempotencyWindow", "01:00:00", "IdempotencyWindow")]
    [InlineData("Vibe:Limits:DefaultDeadline", "00:06:00", "DefaultDeadline")]
    [InlineData("Vibe:Limits:MaxDeadline", "-00:01:00", "MaxDeadline")]
    [InlineData("Vibe:Limits:AppRate", "-1", "AppRate")]
    [InlineData("Vibe:Limits:StrangerRate", "1000001", "StrangerRate")]
    [InlineData("Vibe:Limits:RateWindow", "00:00:00.5", "RateWindow")]
    [InlineData("Vibe:TrustedProxies", "10.0.0.0/8,gateway", "'gateway'")]
    [InlineData("Vibe:Drain:Delay", "-00:00:01", "Delay")]
    [InlineData("Vibe:Documents:ShareBytes", "3000000", "ShareBytes")]
    [InlineData("Vibe:Documents:WholeBytes", "4000000", "message")]
    [InlineData("Vibe:Documents:Depth", "31", "Depth")]
    [InlineData("Vibe:Documents:NameBytes", "1000", "NameBytes")]
    [InlineData("Vibe:Documents:Unknown", "1", "Vibe:Documents:Unknown")]
    [InlineData("Vibe:Subscriptions:WriteTimeout", "00:00:00", "WriteTimeout")]
    [InlineData("Vibe:Subscriptions:StreamsPerGrant", "0", "StreamsPerGrant")]
    [InlineData("Vibe:Subscriptions:HeartbeatIntervall", "00:00:10", "HeartbeatIntervall")]
    [InlineData("Vibe:Connections:Most", "0", "Most")]
    [InlineData("Vibe:Connections:HeadTimeout", "soon", "Vibe:Connections:HeadTimeout")]
    public async Task A_setting_that_cannot_hold_keeps_the_server_from_starting(string key, string value, string told)
    {
        var refusal = await Assert.ThrowsAsync<StartupException>(async () =>
        {
            await using var server = await VibeServer.StartAsync(
                new ServerSetup { Settings = new Dictionary<string, string?> { [key] = value } }
            );
        });
        Assert.Contains(told, refusal.Message, StringComparison.Ordinal);
    }

    private static CreateDocumentRequest Creation(string parent, string json) =>
        new()
        {
            Parent = parent,
            Document = new Document { Json = Utf8(json) },
        };

    private static Write Creation(string name) => DocumentCalls.Creation(name);

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
                    Fields = { Enumerable.Range(0, members).Select(n => $"/m{n}") },
                }
            );
        return new CreateAppRequest
        {
            AppId = "limits",
            App = new App { Manifest = manifest },
        };
    }
}
