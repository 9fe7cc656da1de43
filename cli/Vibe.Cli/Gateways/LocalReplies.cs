using Google.Protobuf;
using Google.Rpc;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Cli.Gateways;

/// <summary>What Envoy says by itself, in the form in which the servers would say it.</summary>
internal static class LocalReplies
{
    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithTypeRegistry(Refusal.DetailTypes)
    );

    private static readonly (int Status, ErrorReason Reason)[] Replies =
    [
        (400, ErrorReason.MessageMalformed),
        (404, ErrorReason.MethodUnknown),
        (408, ErrorReason.DeadlineExceeded),
        (413, ErrorReason.MessageTooLarge),
        (415, ErrorReason.MessageMalformed),
        (426, ErrorReason.MessageMalformed),
        (431, ErrorReason.MessageTooLarge),
        (500, ErrorReason.Internal),
        (502, ErrorReason.ServerStopping),
        (503, ErrorReason.ServerStopping),
        (504, ErrorReason.DeadlineExceeded),
    ];

    // Its buckets are refilled each second.
    private static readonly VibeException TooManyCalls = new(
        ErrorReason.TooManyCalls,
        "More calls come from one address than the gateway lets in.",
        new Dictionary<string, string> { ["bucket"] = "gateway" }
    )
    {
        RetryDelay = TimeSpan.FromSeconds(1),
    };

    /// <summary>How its replies are changed; the first that fits one is taken.</summary>
    public static string Mappers() =>
        string.Join(
            '\n',
            [.. Replies.Select(reply => Rest(reply.Status, reply.Reason)), RateOfRest(), RateOfGrpcWeb(), RateOfGrpc()]
        );

    private static string Rest(int status, ErrorReason reason) =>
        $$"""
            {{WhereRest(status)}}
              status_code: {{Refusal.HttpStatusOf(reason)}}
              body_format_override:
                content_type: application/json
                json_format:
                  code: {{(int)ErrorReasons.CodeOf(reason)}}
                  message: "%LOCAL_REPLY_BODY%"
                  details:
                  - { "@type": type.googleapis.com/google.rpc.ErrorInfo, reason: {{ErrorReasons.NameOf(
                reason
            )}}, domain: {{ErrorReasons.Domain}} }
            """;

    private static string RateOfRest()
    {
        var status = StatusOf(TooManyCalls);
        return $$"""
            {{WhereRest(429)}}
              headers_to_add:
              - header: { key: retry-after, value: "{{Seconds(TooManyCalls)}}" }
              body_format_override:
                content_type: application/json
                json_format:
                  code: {{status.Code}}
                  message: "{{status.Message}}"
                  details:
            {{string.Join('\n', status.Details.Select(detail => $"      - {Json.Format(detail)}"))}}
            """;
    }

    // To Envoy this is no gRPC: the whole answer is made here, an end without messages, which stands in the headers.
    private static string RateOfGrpcWeb()
    {
        var status = StatusOf(TooManyCalls);
        return $$"""
            - filter:
                and_filter:
                  filters:
                  - {{WhereStatus(0, 429)}}
                  - header_filter: { header: { name: content-type, string_match: { prefix: application/grpc-web } } }
              status_code: 200
              headers_to_add:
              - header: { key: retry-after, value: "{{Seconds(TooManyCalls)}}" }
              - header: { key: grpc-status, value: "{{status.Code}}" }
              - header: { key: grpc-message, value: "{{status.Message}}" }
              - header: { key: grpc-status-details-bin, value: "{{Refusal.DetailsHeaderOf(status)}}" }
              body: { inline_string: "" }
              body_format_override: { content_type: application/grpc-web+proto, text_format_source: { inline_string: "%LOCAL_REPLY_BODY%" } }
            """;
    }

    // What is left is gRPC, which has its details in a header.
    private static string RateOfGrpc()
    {
        var status = StatusOf(TooManyCalls);
        return $$"""
            - filter:
            {{WhereStatus(4, 429)}}
              headers_to_add:
              - header: { key: retry-after, value: "{{Seconds(TooManyCalls)}}" }
              - header: { key: grpc-status-details-bin, value: "{{Refusal.DetailsHeaderOf(status)}}" }
              body: { inline_string: "{{status.Message}}" }
            """;
    }

    // A call that is translated looks like gRPC by then; who called by gRPC is told by gRPC.
    private static string WhereRest(int status) =>
        $$"""
            - filter:
                and_filter:
                  filters:
                  - {{WhereStatus(0, status)}}
                  - or_filter:
                      filters:
                      - header_filter: { header: { name: x-envoy-original-path, present_match: true } }
                      - header_filter:
                          header: { name: content-type, string_match: { prefix: application/grpc }, invert_match: true, treat_missing_header_as_empty: true }
                      - extension_filter:
                          name: envoy.access_loggers.extension_filters.cel
                          typed_config:
                            "@type": type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter
                            expression: response.code_details.startsWith("grpc_json_transcode_failure")
            """;

    private static string WhereStatus(int indent, int status) =>
        $"{new string(' ', indent)}status_code_filter: {{ comparison: {{ op: EQ, value: {{ default_value: {status}, runtime_key: none }} }} }}";

    // A gateway has no id of the request to tell.
    private static Status StatusOf(VibeException error)
    {
        var status = Refusal.ToStatus(error, "");
        status.Details.Remove(status.Details.Single(detail => detail.Is(RequestInfo.Descriptor)));
        return status;
    }

    private static double Seconds(VibeException error) => Math.Ceiling(error.RetryDelay!.Value.TotalSeconds);
}
