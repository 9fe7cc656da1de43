using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>Turns lines into events as they pass. What is no stream, such as a refusal, passes as it is.</summary>
internal sealed class EventStream(HttpResponse response, Stream inner) : AnswerStream
{
    private static readonly byte[] Field = "data: "u8.ToArray();
    private static readonly byte[] End = "\n\n"u8.ToArray();

    private bool _isWithinEvent;

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        if (response.StatusCode != StatusCodes.Status200OK)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }
        while (!buffer.IsEmpty)
        {
            if (!_isWithinEvent)
                await inner.WriteAsync(Field, cancellationToken);
            var line = buffer.Span.IndexOf((byte)'\n');
            _isWithinEvent = line < 0;
            await inner.WriteAsync(_isWithinEvent ? buffer : buffer[..line], cancellationToken);
            if (_isWithinEvent)
                return;
            await inner.WriteAsync(End, cancellationToken);
            buffer = buffer[(line + 1)..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
