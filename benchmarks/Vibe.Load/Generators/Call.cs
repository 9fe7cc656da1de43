using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace Vibe.Load.Generators;

/// <summary>A unary call as bytes, the same each time but for the ids in it.</summary>
internal sealed class Call
{
    /// <summary>Stands in a message where each call puts an id of its own.</summary>
    public const string FreshId = "--------fresh-id--------";

    private const int FrameHead = 5;

    private static readonly string Prefix = $"{Random.Shared.Next():x8}";
    private static long _lastId;

    private readonly byte[] _message;
    private readonly int[] _ids;
    private readonly Method<byte[], Answer> _method;

    public Call(string service, string method, IMessage message, string? token = null)
    {
        _message = message.ToByteArray();
        _ids = [.. Places(_message, Encoding.ASCII.GetBytes(FreshId))];
        Path = $"/{service}/{method}";
        Token = token;
        _method = new(MethodType.Unary, service, method, Marshallers.Create<byte[]>(Write, _ => []), Length);
    }

    public string Path { get; }

    public string? Token { get; }

    /// <summary>Whether each call says the same.</summary>
    public bool IsConstant => _ids.Length == 0;

    /// <summary>The message as it is framed on the wire.</summary>
    public byte[] Framed =>
        [
            0,
            (byte)(_message.Length >> 24),
            (byte)(_message.Length >> 16),
            (byte)(_message.Length >> 8),
            (byte)_message.Length,
            .. _message,
        ];

    /// <summary>A message for one caller, to be filled anew for each of its calls.</summary>
    public byte[] Copy()
    {
        // Nobody writes into it then, and there may be thousands of calls.
        if (IsConstant)
            return _message;
        byte[] copy = [.. _message];
        foreach (var place in _ids)
            Encoding.ASCII.GetBytes(Prefix, copy.AsSpan(place));
        return copy;
    }

    /// <summary>Sends a message, and gives the length of the framed answer.</summary>
    /// <exception cref="RpcException">It was refused.</exception>
    public async Task<int> SendAsync(CallInvoker invoker, byte[] message, CancellationToken cancellation)
    {
        foreach (var place in _ids)
            Interlocked
                .Increment(ref _lastId)
                .TryFormat(message.AsSpan(place + Prefix.Length), out _, "d16", CultureInfo.InvariantCulture);
        var options = new CallOptions(Headers(), cancellationToken: cancellation);
        return (await invoker.AsyncUnaryCall(_method, null, options, message)).Bytes;
    }

    // Metadata is changed by the call that it is given to.
    private Metadata? Headers() => Token is null ? null : new Metadata { { "authorization", $"Bearer {Token}" } };

    private static Marshaller<Answer> Length { get; } =
        new(
            (Answer _, SerializationContext _) => throw new NotSupportedException(),
            context => new Answer(FrameHead + context.PayloadLength)
        );

    private static byte[] Write(byte[] message) => message;

    private static IEnumerable<int> Places(byte[] message, byte[] id)
    {
        for (var at = 0; at <= message.Length - id.Length; at++)
            if (message.AsSpan(at, id.Length).SequenceEqual(id))
                yield return at;
    }

    // Answers are not read: reading them costs more than it tells.
    private sealed record Answer(int Bytes);
}
