using System.Buffers.Binary;
using System.Text;

namespace Vibe.Testing;

/// <summary>
/// What a client sends to PostgreSQL on one connection, message by message (PostgreSQL, "Message Formats"), and where in it a
/// transaction is committed: by a query of its own, or at the end of several statements that go out together.
/// </summary>
public sealed class PostgresRequests(Stream from)
{
    private const byte Bind = (byte)'B';
    private const byte Parse = (byte)'P';
    private const byte Query = (byte)'Q';
    private const byte Sync = (byte)'S';

    private readonly HashSet<string> _commits = [];
    private bool _hasBegun;

    /// <summary>Gives the next message; nothing at the end.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The message, and whether the server commits when it sees it.</returns>
    public async Task<(byte[] Message, bool IsCommit)?> ReadAsync(CancellationToken cancellation)
    {
        // A type, but for the first message; the length of the rest, its own four bytes included; the rest.
        var head = new byte[_hasBegun ? 5 : 4];
        if (await from.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation) < head.Length)
            return null;
        var message = new byte[head.Length - 4 + BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(head.Length - 4))];
        head.CopyTo(message, 0);
        await from.ReadExactlyAsync(message.AsMemory(head.Length), cancellation);
        var isFirst = !_hasBegun;
        _hasBegun = true;
        return (message, !isFirst && IsCommit(message));
    }

    /// <summary>Reads what belongs together with a message, up to the one that asks for an answer.</summary>
    public async Task<byte[]> ReadToAnswerAsync(byte[] message, CancellationToken cancellation)
    {
        var all = new List<byte>(message);
        for (var last = message[0]; last is not (Query or Sync); )
        {
            var (next, _) = await ReadAsync(cancellation) ?? throw new EndOfStreamException();
            all.AddRange(next);
            last = next[0];
        }
        return [.. all];
    }

    private bool IsCommit(byte[] message)
    {
        switch (message[0])
        {
            case Query:
                return TextAt(message, 5) == "COMMIT";
            case Parse:
                var name = TextAt(message, 5);
                if (TextAt(message, 6 + name.Length) == "COMMIT")
                    _commits.Add(name);
                else
                    _commits.Remove(name);
                return false;
            case Bind:
                return _commits.Contains(TextAt(message, 6 + TextAt(message, 5).Length));
            default:
                return false;
        }
    }

    private static string TextAt(byte[] message, int start) =>
        Encoding.ASCII.GetString(message, start, Array.IndexOf(message, (byte)0, start) - start);
}
