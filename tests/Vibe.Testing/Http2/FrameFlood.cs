using System.Buffers;
using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Vibe.Data.V1;
using Vibe.Identity.V1;

namespace Vibe.Testing.Http2;

/// <summary>Whom a flood is sent to.</summary>
/// <param name="Address">The address; with <c>http</c> it speaks HTTP/2 without TLS.</param>
/// <param name="Authority">The file of the certificate that is trusted; null over cleartext.</param>
/// <param name="Token">What the floods call with that need somebody; the others come from nobody.</param>
/// <param name="Document">The name of a document that may be read with it.</param>
public sealed record FloodTarget(Uri Address, string? Authority, string Token, string Document)
{
    /// <summary>The address that floods come from: not that of whoever behaves.</summary>
    public static IPAddress Source { get; } = IPAddress.Parse("127.0.0.2");
}

/// <summary>What came of a flood.</summary>
/// <param name="Frames">How many frames were sent, on all connections; the last ones of those that were cut nobody may have read.</param>
/// <param name="Connections">On how many connections.</param>
/// <param name="Cuts">How many of them the other end has ended.</param>
/// <param name="FramesToCut">How many frames had been sent on the first of those.</param>
/// <param name="TimeToCut">How long after its first frame it ended.</param>
/// <param name="How">How it ended.</param>
/// <param name="IsHeldUp">Whether the flood ended with frames that nobody took.</param>
/// <param name="Took">How long all of it took.</param>
public sealed record FloodOutcome(
    long Frames,
    int Connections,
    int Cuts,
    long? FramesToCut,
    TimeSpan? TimeToCut,
    string? How,
    bool IsHeldUp,
    TimeSpan Took
);

/// <summary>
/// Frames without end that cost whoever sends them nothing, each of them one that HTTP/2 allows. A connection that is cut is
/// followed by the next one.
/// </summary>
public sealed class FrameFlood
{
    private const int TurnsAtOnce = 100;
    private const int Stream = 1;
    private const int Cancel = 8;

    // After how long it counts as held up: longer than servers wait for whoever does not read.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly string Anonymous = $"/{ServerService.Descriptor.FullName}/GetServer";
    private static readonly string Reading = $"/{DocumentService.Descriptor.FullName}/GetDocument";

    private static readonly byte[] Field = HeaderBlock.Of(("x-flood", new string('x', 100)));

    private readonly Func<Call, int, byte[]> _turn;

    private FrameFlood(string name, string about, Func<Call, int, byte[]> turn) =>
        (Name, About, _turn) = (name, about, turn);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FrameFlood> All { get; } =
    [
        new("ping", "PING, and the answers are read", (_, _) => Frame.Of(FrameType.Ping, 0, 0, new byte[8])),
        new("ping-unread", "PING, and nothing is read", (_, _) => Frame.Of(FrameType.Ping, 0, 0, new byte[8]))
        {
            IsRead = false,
        },
        new("settings", "SETTINGS, and the answers are read", (_, _) => Frame.Of(FrameType.Settings, 0, 0, [])),
        new("settings-unread", "SETTINGS, and nothing is read", (_, _) => Frame.Of(FrameType.Settings, 0, 0, []))
        {
            IsRead = false,
        },
        new(
            "window-update",
            "WINDOW_UPDATE, a byte each",
            (_, _) => Frame.Of(FrameType.WindowUpdate, 0, 0, Frame.Number(1))
        ),
        new(
            "priority",
            "PRIORITY of a stream that is not open",
            (_, _) => Frame.Of(FrameType.Priority, 0, Stream, new byte[5])
        ),
        new("empty-data", "DATA without content", (_, _) => Frame.Of(FrameType.Data, 0, Stream, []))
        {
            Beginning = call => Frame.Of(FrameType.Headers, Frame.EndHeaders, Stream, call.Head),
        },
        new("continuation", "CONTINUATION without end", (_, _) => Frame.Of(FrameType.Continuation, 0, Stream, Field))
        {
            Beginning = call => Frame.Of(FrameType.Headers, 0, Stream, call.Head),
            Ending = Frame.Of(FrameType.Continuation, Frame.EndHeaders, Stream, []),
        },
        new(
            "continuation-empty",
            "CONTINUATION without end or content",
            (_, _) => Frame.Of(FrameType.Continuation, 0, Stream, [])
        )
        {
            Beginning = call => Frame.Of(FrameType.Headers, 0, Stream, call.Head),
            Ending = Frame.Of(FrameType.Continuation, Frame.EndHeaders, Stream, []),
        },
        new(
            "reset",
            "HEADERS and RST_STREAM, by nobody (rapid reset)",
            (call, stream) =>
                [
                    .. Frame.Of(FrameType.Headers, Frame.EndHeaders | Frame.EndStream, stream, call.Head),
                    .. Frame.Of(FrameType.Reset, 0, stream, Frame.Number(Cancel)),
                ]
        )
        {
            FramesATurn = 2,
        },
        new(
            "reset-reads",
            "whole reads with a token, and RST_STREAM",
            (call, stream) =>
                [
                    .. Frame.Call(stream, call.Head, call.Message),
                    .. Frame.Of(FrameType.Reset, 0, stream, Frame.Number(Cancel)),
                ]
        )
        {
            FramesATurn = 3,
            IsAnonymous = false,
        },
        new(
            "made-reset",
            "HEADERS, and a WINDOW_UPDATE for which the server has to reset the stream",
            (call, stream) =>
                [
                    .. Frame.Of(FrameType.Headers, Frame.EndHeaders, stream, call.Head),
                    .. Frame.Of(FrameType.WindowUpdate, 0, stream, Frame.Number(int.MaxValue)),
                ]
        )
        {
            FramesATurn = 2,
        },
        new(
            "streams",
            "HEADERS of more streams than may be open",
            (call, stream) => Frame.Of(FrameType.Headers, Frame.EndHeaders, stream, call.Head)
        ),
    ];

    public string Name { get; }

    /// <summary>What is sent.</summary>
    public string About { get; }

    private bool IsRead { get; init; } = true;
    private bool IsAnonymous { get; init; } = true;
    private int FramesATurn { get; init; } = 1;
    private Func<Call, byte[]> Beginning { get; init; } = _ => [];
    private byte[] Ending { get; init; } = [];

    /// <summary>The flood of a name.</summary>
    public static FrameFlood Of(string name) => All.Single(flood => flood.Name == name);

    /// <summary>Sends it. What was sent has been read when it returns, or is read by nobody.</summary>
    /// <param name="target">Whom to.</param>
    /// <param name="frames">How many frames at most.</param>
    /// <param name="longest">For how long at most.</param>
    /// <param name="mostCuts">After how many cuts it is given up.</param>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody listens there.</exception>
    public async Task<FloodOutcome> RunAsync(
        FloodTarget target,
        long frames,
        TimeSpan longest,
        int mostCuts = int.MaxValue
    )
    {
        var call = IsAnonymous
            ? new Call(HeaderBlock.OfCall(target.Address, Anonymous, null), [])
            : new Call(
                HeaderBlock.OfCall(target.Address, Reading, target.Token),
                new GetDocumentRequest { Name = target.Document }.ToByteArray()
            );
        var clock = Stopwatch.StartNew();
        var outcome = new FloodOutcome(0, 0, 0, null, null, null, false, TimeSpan.Zero);
        while (outcome.Frames < frames && outcome.Cuts < mostCuts && clock.Elapsed < longest && !outcome.IsHeldUp)
        {
            var (sent, how, isHeldUp, took) = await SendAsync(
                target,
                call,
                frames - outcome.Frames,
                longest - clock.Elapsed
            );
            outcome = outcome with
            {
                Frames = outcome.Frames + sent,
                Connections = outcome.Connections + 1,
                Cuts = outcome.Cuts + (how is null ? 0 : 1),
                FramesToCut = outcome.FramesToCut ?? (how is null ? null : sent),
                TimeToCut = outcome.TimeToCut ?? (how is null ? null : took),
                How = outcome.How ?? how,
                IsHeldUp = isHeldUp,
            };
        }
        return outcome with { Took = clock.Elapsed };
    }

    private async Task<(long Frames, string? How, bool IsHeldUp, TimeSpan Took)> SendAsync(
        FloodTarget target,
        Call call,
        long most,
        TimeSpan longest
    )
    {
        var last = "the last"u8.ToArray();
        var isRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = await FrameConnection.OpenAsync(
            target.Address,
            target.Authority,
            heard: (type, _, _, content) =>
            {
                if (type == FrameType.Ping && content.SequenceEqual(last))
                    isRead.TrySetResult();
            },
            isRead: IsRead,
            from: FloodTarget.Source
        );
        var (frames, stream) = (0L, Stream);
        var clock = Stopwatch.StartNew();
        try
        {
            await SendAsync(Beginning(call));
            var turns = new ArrayBufferWriter<byte>();
            while (frames < most && clock.Elapsed < longest && !connection.Ended.IsCompleted)
            {
                turns.ResetWrittenCount();
                for (var turn = 0; turn < TurnsAtOnce; turn++, stream += 2)
                    turns.Write(_turn(call, stream));
                await SendAsync(turns.WrittenMemory);
                frames += TurnsAtOnce * FramesATurn;
            }
            await SendAsync((byte[])[.. Ending, .. Frame.Of(FrameType.Ping, 0, 0, last)]);
            connection.Read();
            await Task.WhenAny(isRead.Task, connection.Ended).WaitAsync(Patience);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            return (frames, null, true, clock.Elapsed);
        }
        catch (IOException)
        {
            connection.Read();
            await connection.Ended;
        }
        return (frames, connection.Ended.IsCompleted ? await connection.Ended : null, false, clock.Elapsed);

        async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            using var heldUp = new CancellationTokenSource(Patience);
            await connection.SendAsync(bytes, heldUp.Token);
        }
    }

    private sealed record Call(byte[] Head, byte[] Message);
}
