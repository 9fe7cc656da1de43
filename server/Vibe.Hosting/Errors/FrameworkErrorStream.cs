using Google.Protobuf;
using Google.Rpc;
using Microsoft.AspNetCore.Http;
using Vibe.Hosting.Requests;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;

namespace Vibe.Hosting.Errors;

/// <summary>
/// The body of a REST answer. It passes everything on at once, except an error, which it holds until it can tell
/// whether the status in it carries a reason.
/// </summary>
internal sealed class FrameworkErrorStream(HttpResponse response, Stream inner) : AnswerStream
{
    private readonly MemoryStream _held = new();

    private bool Holds => response is { HasStarted: false, StatusCode: >= 400 };

    public async Task FinishAsync(HttpContext context)
    {
        if (response.HasStarted || response.StatusCode < 400)
            return;
        if (HasReason(_held.ToArray(), out var status))
        {
            response.ContentLength = null;
            await inner.WriteAsync(_held.GetBuffer().AsMemory(0, (int)_held.Length));
            return;
        }
        response.ContentLength = null;
        if (
            response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
            && status is null
        )
        {
            await RefusalMiddleware.WriteUnknownAsync(context);
            return;
        }
        var code = status is null ? CodeOf(response.StatusCode) : (Code)status.Code;
        await Refusal.WriteAsync(context, RefusalMiddleware.Named(code, context, status?.Message));
    }

    private static bool HasReason(byte[] body, out Google.Rpc.Status? status)
    {
        try
        {
            var parser = new JsonParser(JsonParser.Settings.Default.WithTypeRegistry(Refusal.DetailTypes));
            status = parser.Parse<Google.Rpc.Status>(System.Text.Encoding.UTF8.GetString(body));
            return status.Details.Count > 0;
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            status = null;
            return false;
        }
    }

    private static Code CodeOf(int httpStatus) =>
        httpStatus switch
        {
            StatusCodes.Status413PayloadTooLarge => Code.ResourceExhausted,
            _ => Code.InvalidArgument,
        };

    public override void Flush()
    {
        if (!Holds)
            inner.Flush();
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        Holds ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) =>
        (Holds ? _held : inner).Write(buffer, offset, count);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        (Holds ? _held : inner).WriteAsync(buffer, offset, count, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        (Holds ? _held : inner).WriteAsync(buffer, cancellationToken);
}
