using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Door;

public sealed class DoorTests(DoorTests.Fixture fixture) : IClassFixture<DoorTests.Fixture>
{
    public static TheoryData<string, Protocol> Calls()
    {
        var calls = new TheoryData<string, Protocol>();
        foreach (var row in AccessTable.Rows)
        foreach (var protocol in Enum.GetValues<Protocol>())
            if (protocol != Protocol.Rest || row.HasRest)
                // The answers of gRPC-web have no room for streams of requests.
                if (protocol != Protocol.GrpcWeb || !row.Method.IsClientStreaming)
                    calls.Add(row.Method.FullName, protocol);
        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Each_caller_is_answered_as_the_table_says(string method, Protocol protocol)
    {
        var row = AccessTable.Rows.Single(row => row.Method.FullName == method);
        var answers = new List<string>();
        foreach (var who in Enum.GetValues<Who>())
        {
            var things = await fixture.FreshThingsAsync();
            answers.Add(await Protocols.CallAsync(protocol, fixture.Actor(who), row.Method, row.Request(things)));
        }
        Assert.Equal(row.Answers, answers);
    }

    [Fact]
    public void Every_method_that_the_server_answers_has_a_row()
    {
        var answered = fixture
            .Server.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method)
            .OfType<Grpc.Core.IMethod>()
            .Select(method => $"{method.ServiceName}.{method.Name}")
            // The same methods under the name that newer tools ask for.
            .Where(name => !name.StartsWith("grpc.reflection.v1.", StringComparison.Ordinal))
            .Distinct()
            .Order();
        Assert.Equal(answered, AccessTable.Rows.Select(row => row.Method.FullName).Order());
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private Person _alice = null!;
        private Person _bob = null!;
        private AllowedApp _reader = null!;
        private AllowedApp _writer = null!;
        private int _count;

        public VibeServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await VibeServer.StartAsync(Engine.Sqlite);
            _alice = await Server.PersonAsync("alice");
            _bob = await Server.PersonAsync("bob");
            _reader = await _alice.AppAsync("reader", new Allow("movies", [Operation.Read], "*"));
            _writer = await _alice.AppAsync(
                "writer",
                new Allow("movies", [Operation.Create, Operation.Update], "*"),
                new Allow("movies", [Operation.Delete, Operation.Share])
            );
        }

        public Actor Actor(Who who) =>
            who switch
            {
                Who.Nobody => Server.Nobody,
                Who.Stranger => _bob.Own,
                Who.AppWithoutGrant => _alice.AppWithoutGrant("reader"),
                Who.AppWithRead => _reader.Actor,
                Who.AppWithWrite => _writer.Actor,
                _ => _alice.Own,
            };

        internal async Task<Things> FreshThingsAsync()
        {
            var number = ++_count;
            var granted = await _alice.AppAsync($"granted-{number}", new Allow("movies", [Operation.Read], "*"));
            var fresh = await _alice.Own.Apps.CreateAppAsync(
                new CreateAppRequest { AppId = $"fresh-{number}", App = granted.App }
            );
            await _alice.Own.Documents.CreateDocumentAsync(
                new CreateDocumentRequest
                {
                    Parent = _alice.Collection("movies"),
                    DocumentId = $"existing-{number}",
                    Document = new Document { Body = new() },
                }
            );
            return new Things(
                _alice.Space,
                $"existing-{number}",
                $"fresh-{number}",
                granted.Grant,
                granted.App,
                fresh.App
            );
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
