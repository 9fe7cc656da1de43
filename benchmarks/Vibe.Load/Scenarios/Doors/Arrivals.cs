using Vibe.Load.Followers;

namespace Vibe.Load.Scenarios.Doors;

/// <summary>Counts the documents that a stream brings, until it has brought everything.</summary>
internal abstract class Arrivals
{
    public long Documents { get; protected set; }

    public long Bytes { get; protected set; }

    /// <summary>Whether the checkpoint has come.</summary>
    public bool IsComplete { get; protected set; }

    /// <summary>Takes what has come of the stream.</summary>
    public abstract void Take(ReadOnlySpan<byte> data);

    /// <summary>As messages of gRPC, which gRPC-web frames alike.</summary>
    public static Arrivals InFrames(DeliveryReader read) => new Frames(read);

    /// <summary>As lines of JSON.</summary>
    public static Arrivals InLines() => new Lines();

    private sealed class Frames : Arrivals
    {
        private readonly Messages _messages;

        public Frames(DeliveryReader read) => _messages = new Messages(this, read);

        public override void Take(ReadOnlySpan<byte> data)
        {
            Bytes += data.Length;
            _messages.Take(data, at: 0);
        }

        private sealed class Messages(Frames arrivals, DeliveryReader read) : RawStream
        {
            public override void End(string? failure, long at) { }

            protected override void TakeMessage(ReadOnlySpan<byte> message, long at)
            {
                var delivery = read(message);
                arrivals.Documents += delivery.Documents;
                arrivals.IsComplete |= delivery.IsComplete;
            }
        }
    }

    // To read JSON would cost more than to write it: a document is known by a member that it alone has.
    private sealed class Lines : Arrivals
    {
        private static readonly byte[] Document = "\"documentId\":"u8.ToArray();
        private static readonly byte[] Checkpoint = "\"checkpoint\":"u8.ToArray();

        // Both are of one length; nothing of them that is shorter is one.
        private static readonly int Longest = Document.Length - 1;

        private byte[] _rest = [];

        public override void Take(ReadOnlySpan<byte> data)
        {
            Bytes += data.Length;
            // What is cut in two lies across the end of one part and the beginning of the next.
            Look([.. _rest, .. data[..Math.Min(data.Length, Longest)]]);
            Look(data);
            var end = data.Length < Longest ? [.. _rest, .. data] : data;
            _rest = end[^Math.Min(end.Length, Longest)..].ToArray();
        }

        private void Look(ReadOnlySpan<byte> at)
        {
            Documents += at.Count(Document);
            IsComplete |= at.IndexOf(Checkpoint) >= 0;
        }
    }
}
