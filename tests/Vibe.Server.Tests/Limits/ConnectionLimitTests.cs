using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Identity.V1;
using Vibe.Server.Tests.Door;
using Vibe.Server.Tests.Hostile;
using Vibe.Server.Tests.Sync;
using Vibe.Testing;
using Vibe.Testing.Http2;
using Protocol = Vibe.Server.Tests.Door.Protocol;

namespace Vibe.Server.Tests.Limits;

/// <summary>
/// What a connection may ask of the web server before there is a request: how long a head is, and how many streams there
/// are. Whoever asks for more is refused, and nobody else.
/// </summary>
public sealed class ConnectionLimitTests(ITestOutputHelper output)
{
    private const int Streams = 100;
    private const string GetServer = "GetServer";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Protocol.Grpc)]
    [InlineData(Protocol.GrpcWeb)]
    [InlineData(Protocol.Rest)]
    public async Task A_head_has_32_KiB_and_100_headers(Protocol protocol)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        using var wire = new Wire(server);
        // Clients add some of their own.
        (int Count, int Length, string Word)[] heads =
        [
            (90, 1, "OK"),
            (101, 1, "HTTP 431"),
            (4, 7_500, "OK"),
            (5, 7_500, "HTTP 431"),
            (1, 60_000, "HTTP 431"),
        ];
        // A client over HTTP/2 is told the size, and sends none that is longer.
        foreach (var (count, length, word) in heads.Where(head => protocol != Protocol.Grpc || head.Length == 1))
        {
            var headers = Enumerable.Range(0, count).Select(n => ($"x-{n}", new string('x', length))).ToArray();
            var answer =
                protocol == Protocol.Rest
                    ? await wire.RestAsync(
                        null,
                        "GET",
                        "/.well-known/vibe",
                        more: string.Concat(headers.Select(header => $"{header.Item1}: {header.Item2}\r\n"))
                    )
                    : await wire.GrpcAsync(protocol, null, Method(GetServer), Wire.Framed([]), headers: headers);
            output.WriteLine($"{protocol, -8} {count, 3} headers of {length, 5}: {answer.Word}");
            Assert.Equal((count, length, word), (count, length, answer.Word));
        }
    }

    [Theory]
    [InlineData(Protocol.GrpcWeb)]
    [InlineData(Protocol.Rest)]
    public async Task The_line_of_a_request_has_8_KiB(Protocol protocol)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");

        Assert.NotEqual("HTTP 414", (await AskAsync(7 * 1024)).Word);
        Assert.Equal("HTTP 414", (await AskAsync(9 * 1024)).Word);
        Assert.NotEqual("HTTP 414", (await AskAsync(7 * 1024)).Word);

        Task<Answer> AskAsync(int length) =>
            protocol == Protocol.Rest
                ? wire.RestAsync(
                    alice.Own.Token,
                    "GET",
                    $"/v1/spaces/me/collections?page_token={new string('x', length)}"
                )
                : wire.RestAsync(
                    alice.Own.Token,
                    "POST",
                    $"/{Method(GetServer).Service.FullName}/{GetServer}?{new string('x', length)}",
                    Wire.Framed([]),
                    "application/grpc-web"
                );
    }

    [Theory]
    [InlineData(7 * 1024, 0)]
    [InlineData(9 * 1024, 0)]
    [InlineData(0, 18_000)]
    public async Task Over_http_2_a_head_that_is_too_long_is_refused_and_the_connection_goes_on(int path, int header)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        await using var calls = await Calling.OpenAsync(server.GrpcAddress);
        var before = await calls.CallAsync(GetServerPath);

        var asked = await calls.CallAsync(
            $"{GetServerPath}?{new string('x', path)}",
            ("x-long", new string('x', header)),
            ("x-longer", new string('x', header))
        );
        var after = await calls.CallAsync(GetServerPath);

        output.WriteLine($"path of {path}, header of {header}: {asked}");
        Assert.Equal("200", before);
        Assert.Equal(
            path > 8 * 1024 ? "PROTOCOL_ERROR"
                : header > 0 ? "431"
                : "200",
            asked
        );
        Assert.Equal("200", after);
    }

    [Fact]
    public async Task A_connection_has_100_streams_and_refuses_one_above_until_another_ends()
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Settings = new Dictionary<string, string?>
                {
                    ["Vibe:Subscriptions:StreamsPerGrant"] = $"{3 * Streams}",
                    ["Vibe:Subscriptions:StreamsPerAddress"] = $"{3 * Streams}",
                },
            }
        );
        var alice = await server.PersonAsync("alice");
        await using var calls = await Calling.OpenAsync(server.GrpcAddress);
        var subscription = StalledCall.Of(alice.Own.Token!, Calls.Scope(alice.Collection("movies")));
        var held = new List<int>();
        while (held.Count < Streams)
        {
            var (stream, answer) = await calls.BeginAsync(subscription);
            Assert.Equal("200", answer);
            held.Add(stream);
        }

        Assert.Equal("REFUSED_STREAM", (await calls.BeginAsync(subscription)).Answer);
        Assert.Equal("REFUSED_STREAM", await calls.CallAsync(GetServerPath));
        Assert.Empty(held.Intersect(calls.Over));
        await using (await Follower.CaughtUpAsync(alice.Own, alice.Collection("movies"))) { }

        await calls.LeaveAsync(held[0]);
        using var late = new CancellationTokenSource(Patience);
        while (await calls.CallAsync(GetServerPath) is var answer && answer != "200")
        {
            Assert.Equal("REFUSED_STREAM", answer);
            late.Token.ThrowIfCancellationRequested();
        }
        Assert.Empty(held.Skip(1).Intersect(calls.Over));
    }

    private static string GetServerPath => $"/{ServerService.Descriptor.FullName}/{GetServer}";

    private static MethodDescriptor Method(string name) =>
        AccessTable.Rows.Single(row => row.Method.Name == name).Method;

    /// <summary>Calls on one connection, each with the status of HTTP or the error that its stream was reset with.</summary>
    private sealed class Calling(Uri server) : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<int, TaskCompletionSource<string>> _answers = new();
        private readonly ConcurrentBag<int> _over = [];
        private FrameConnection? _connection;
        private int _next = 1;

        /// <summary>The streams that the server has ended.</summary>
        public IEnumerable<int> Over => _over;

        public static async Task<Calling> OpenAsync(Uri server)
        {
            var calling = new Calling(server);
            calling._connection = await FrameConnection.OpenAsync(server, heard: calling.Hear);
            return calling;
        }

        public async Task<string> CallAsync(string path, params (string Name, string Value)[] more) =>
            (await BeginAsync(HeaderBlock.OfCall(server, path, null, more), [])).Answer;

        public Task<(int Stream, string Answer)> BeginAsync(StalledCall call) =>
            BeginAsync(HeaderBlock.OfCall(server, call.Path, call.Token), call.Request.ToByteArray());

        public Task LeaveAsync(int stream) =>
            _connection!.SendAsync(Frame.Of(FrameType.Reset, 0, stream, Frame.Number(8)));

        public ValueTask DisposeAsync() => _connection!.DisposeAsync();

        private async Task<(int Stream, string Answer)> BeginAsync(byte[] head, byte[] message)
        {
            var stream = _next;
            _next += 2;
            var answer = _answers[stream] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await _connection!.SendAsync(Frame.Call(stream, head, message));
            await Task.WhenAny(answer.Task, _connection.Ended).WaitAsync(Patience);
            return (stream, answer.Task.IsCompleted ? await answer.Task : await _connection.Ended);
        }

        private void Hear(FrameType type, byte flags, int stream, ReadOnlySpan<byte> content)
        {
            // The status is first: 200 by its place in the table (RFC 7541, A), others in digits.
            if (type == FrameType.Headers && !_answers[stream].Task.IsCompleted)
                _answers[stream].TrySetResult(content[0] == 0x88 ? "200" : Encoding.ASCII.GetString(content[2..5]));
            if (type == FrameType.Reset)
                _answers[stream].TrySetResult(FrameConnection.NameOf(BinaryPrimitives.ReadInt32BigEndian(content)));
            if (Frame.IsLast(type, flags))
                _over.Add(stream);
        }
    }
}
