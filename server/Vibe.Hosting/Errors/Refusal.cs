using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Microsoft.AspNetCore.Http;
using Vibe.Errors.V1;
using Vibe.Hosting.Refusals;
using HttpRequest = Microsoft.AspNetCore.Http.HttpRequest;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using Status = Google.Rpc.Status;

namespace Vibe.Hosting.Errors;

/// <summary>
/// Turns a refusal into the status that the contract promises, the same for a gRPC trailer, a REST body and the last
/// message of a stream, and writes it where no rpc runs that could throw it.
/// </summary>
public static class Refusal
{
    private const string StatusDetails = "grpc-status-details-bin";

    // A status travels in headers, which clients and proxies bound to as little as 8 KiB in all.
    private const int MaxViolationBytes = 3 * 1024;

    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithTypeRegistry(DetailTypes));

    /// <summary>The types that details of a status have.</summary>
    public static TypeRegistry DetailTypes => TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    /// <summary>Makes the status of a refusal.</summary>
    /// <param name="error">The refusal.</param>
    /// <param name="requestId">The id of the request, which stands in the log as well.</param>
    public static Status ToStatus(VibeException error, string requestId)
    {
        var info = new ErrorInfo { Domain = ErrorReasons.Domain, Reason = ErrorReasons.NameOf(error.Reason) };
        // An empty text is left out on the wire, as all defaults are, and Envoy's transcoder (1.40) crashes where an entry of a
        // map lacks its value.
        foreach (var (key, value) in error.Metadata.Where(entry => entry.Value.Length > 0))
            info.Metadata[key] = value;
        var status = new Status { Code = (int)error.Code, Message = error.Message };
        status.Details.Add(Any.Pack(info));
        status.Details.Add(Any.Pack(new RequestInfo { RequestId = requestId }));
        if (error.Violations.Count > 0)
        {
            var violations = new BadRequest();
            foreach (var (field, problem) in error.Violations)
            {
                violations.FieldViolations.Add(
                    new BadRequest.Types.FieldViolation { Field = field, Description = problem }
                );
                if (violations.CalculateSize() <= MaxViolationBytes)
                    continue;
                violations.FieldViolations.RemoveAt(violations.FieldViolations.Count - 1);
                break;
            }
            status.Details.Add(Any.Pack(violations));
        }
        if (error.RetryDelay is { } delay)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return status;
    }

    /// <summary>Makes the status that answers a request, and notes that the request is refused.</summary>
    internal static Status ToStatus(VibeException error, HttpContext context)
    {
        context.Features.Set(new Refused(error.Reason));
        // Over gRPC as well, since a gateway may have made that out of REST. Whole seconds (RFC 9110, 10.2.3), none too few.
        if (error.RetryDelay is { } delay && !context.Response.HasStarted)
            context.Response.Headers.RetryAfter = FormattableString.Invariant($"{Math.Ceiling(delay.TotalSeconds)}");
        return ToStatus(error, context.TraceIdentifier);
    }

    /// <summary>Answers a request with a refusal, in the protocol of the request.</summary>
    public static Task WriteAsync(HttpContext context, VibeException error)
    {
        var status = ToStatus(error, context);
        if (!IsGrpc(context.Request))
            return WriteJsonAsync(context, status, HttpStatusOf(error.Code));
        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = context.Request.ContentType;
        PutInHeaders(context.Response, status);
        return Task.CompletedTask;
    }

    /// <summary>Whether a request speaks gRPC or gRPC-web.</summary>
    internal static bool IsGrpc(HttpRequest request) =>
        request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Writes a status into the headers of an answer without messages.</summary>
    internal static void PutInHeaders(HttpResponse response, Status status)
    {
        response.Headers["grpc-status"] = status.Code.ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(status.Message);
        response.Headers[StatusDetails] = DetailsHeaderOf(status);
    }

    /// <summary>A status as gRPC has it in a header.</summary>
    public static string DetailsHeaderOf(Status status) => Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');

    internal static bool HasDetails(HttpResponse response) => response.Headers.ContainsKey(StatusDetails);

    internal static Task WriteJsonAsync(HttpContext context, Status status, int httpStatus)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.ContentType = "application/json";
        if (httpStatus == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Json.Format(status))).AsTask();
    }

    /// <summary>The HTTP status of a reason: its code's, but 404 for a method that nobody serves.</summary>
    public static int HttpStatusOf(ErrorReason reason) =>
        reason == ErrorReason.MethodUnknown ? StatusCodes.Status404NotFound : HttpStatusOf(ErrorReasons.CodeOf(reason));

    /// <summary>The HTTP status of a code, as google.rpc.Code documents it.</summary>
    public static int HttpStatusOf(Code code) =>
        code switch
        {
            Code.Ok => 200,
            Code.Cancelled => 499,
            Code.InvalidArgument or Code.FailedPrecondition or Code.OutOfRange => 400,
            Code.DeadlineExceeded => 504,
            Code.NotFound => 404,
            Code.AlreadyExists or Code.Aborted => 409,
            Code.PermissionDenied => 403,
            Code.Unauthenticated => 401,
            Code.ResourceExhausted => 429,
            Code.Unimplemented => 501,
            Code.Unavailable => 503,
            _ => 500,
        };
}
