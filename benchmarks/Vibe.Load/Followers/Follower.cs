using System.Text;
using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>One stream of documents, and what it has brought.</summary>
internal sealed class Follower(Following following, Audience audience) : RawStream
{
    private byte[] _token = [];

    /// <summary>What opens the stream.</summary>
    public Call Call => following.Call;

    public long Documents { get; private set; }

    /// <summary>The bytes of all messages that brought documents.</summary>
    public long Bytes { get; private set; }

    /// <summary>When it had everything for the first time.</summary>
    public long? CompleteAt { get; private set; }

    /// <summary>When the server said that it sends no more.</summary>
    public long? EndedAt { get; private set; }

    /// <summary>Whether the stream is over, for whatever reason.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>What to go on with another time.</summary>
    public string ResumeToken => Encoding.ASCII.GetString(_token);

    public override void End(string? failure, long at)
    {
        HasEnded = true;
        audience.HasEnded(this, failure);
    }

    protected override void TakeMessage(ReadOnlySpan<byte> message, long at)
    {
        var delivery = following.Read(message);
        if (!delivery.ResumeToken.IsEmpty)
            KeepToken(delivery.ResumeToken);
        if (delivery.Documents > 0)
        {
            Documents += delivery.Documents;
            Bytes += message.Length;
            audience.Arrived(delivery.Documents, at);
        }
        if (delivery.IsComplete && CompleteAt is null)
        {
            CompleteAt = at;
            audience.Complete.Signal(at);
        }
        if (delivery.IsEnd && EndedAt is null)
        {
            EndedAt = at;
            audience.Ended.Signal(at);
        }
    }

    private void KeepToken(ReadOnlySpan<byte> token)
    {
        if (_token.Length != token.Length)
            _token = new byte[token.Length];
        token.CopyTo(_token);
    }
}
