using System.Text;
using Vibe.Data.Documents;

namespace Vibe.Data.Feed;

/// <summary>
/// The stamps of a document's members, removed ones included, as they are stored: the count, then for each member
/// the length of its name, the name in UTF-8, the revision and the time; numbers are varints of least length, names
/// ascend by their bytes. Equal stamps are therefore equal bytes.
/// </summary>
internal readonly struct StampTable(ReadOnlyMemory<byte> encoded)
{
    private static readonly UTF8Encoding Utf8Strict = new(false, throwOnInvalidBytes: true);

    public static StampTable Empty { get; } = new(new byte[] { 0 });

    public ReadOnlyMemory<byte> Encoded { get; } = encoded;

    public static StampTable Encode(IReadOnlyDictionary<string, Stamp> stamps)
    {
        var members = stamps.Select(member => (Name: Utf8Strict.GetBytes(member.Key), Stamp: member.Value)).ToArray();
        Array.Sort(members, (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));

        using var bytes = new MemoryStream();
        StampWriter.WriteNumber(bytes, members.Length);
        foreach (var (name, stamp) in members)
        {
            StampWriter.WriteMember(bytes, name, stamp);
        }

        return new(bytes.ToArray());
    }

    public Dictionary<string, Stamp> Decode()
    {
        var stamps = new Dictionary<string, Stamp>(StringComparer.Ordinal);
        var members = new StampReader(Encoded.Span);
        while (members.Next())
        {
            stamps.Add(Utf8Strict.GetString(members.Name), members.Stamp);
        }

        return stamps;
    }

    /// <summary>Gives the table in which this member, new or known, has this stamp.</summary>
    public StampTable With(string name, Stamp stamp)
    {
        var utf8 = Utf8Strict.GetBytes(name);
        var source = Encoded.Span;
        var members = new StampReader(source);
        var body = members.Position;
        var (before, after, replaces) = (body, body, false);
        while (members.Next())
        {
            var order = members.Name.SequenceCompareTo(utf8);
            if (order < 0)
            {
                before = after = members.Position;
            }
            else if (order == 0)
            {
                (after, replaces) = (members.Position, true);
            }
        }

        using var bytes = new MemoryStream(source.Length + utf8.Length + StampWriter.LongestMember);
        StampWriter.WriteNumber(bytes, members.Count + (replaces ? 0 : 1));
        bytes.Write(source[body..before]);
        StampWriter.WriteMember(bytes, utf8, stamp);
        bytes.Write(source[after..]);
        return new(bytes.ToArray());
    }

    /// <summary>
    /// Gives the newest stamp among the members that <paramref name="sees"/> admits. It is asked only about members
    /// newer than the newest found so far.
    /// </summary>
    public Stamp? Newest(Func<string, bool> sees)
    {
        Stamp? newest = null;
        var members = new StampReader(Encoded.Span);
        while (members.Next())
        {
            var isNewer = newest is not { } known || members.Stamp.Revision > known.Revision;
            if (isNewer && sees(MemberNames.Of(members.Name)))
            {
                newest = members.Stamp;
            }
        }

        return newest;
    }
}
