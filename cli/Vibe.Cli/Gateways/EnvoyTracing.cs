namespace Vibe.Cli.Gateways;

/// <summary>
/// How an Envoy tells of its part in a call: a span for each, which goes on the caller's trace and which that of the server
/// goes on. As in the servers, a caller decides nothing about what is recorded, and what it wrote stays inside, but for one text.
/// </summary>
internal static class EnvoyTracing
{
    private const string ClusterName = "telemetry";

    // What Envoy puts on a span of what a caller wrote, and of who that is. There is no switch for it, but what comes later
    // takes its place. What an error of gRPC says (grpc.message) comes later still, and stays.
    private static readonly string[] Withheld =
    [
        "guid:x-request-id",
        "http.url",
        "http.method",
        "user_agent",
        "peer.address",
        "grpc.path",
        "grpc.authority",
        "grpc.content_type",
    ];

    /// <summary>What the connection manager has to know.</summary>
    public static string Manager { get; } =
        $$"""
            tracing:
              provider:
                name: envoy.tracers.opentelemetry
                typed_config:
                  "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                  grpc_service: { envoy_grpc: { cluster_name: {{ClusterName}} }, timeout: 1s }
                  service_name: vibe-gateway
                  sampler:
                    name: envoy.tracers.opentelemetry.samplers.always_on
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig }
              custom_tags:
            {{string.Join('\n', Withheld.Select(tag => $"  - {{ tag: \"{tag}\", literal: {{ value: \"-\" }} }}"))}}
            # What a caller put into the state of its trace would come with the span.
            early_header_mutation_extensions:
            - name: envoy.http.early_header_mutation.header_mutation
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
                mutations: [{ remove: tracestate }]
            # Requests have no id yet that could decide what is traced: the server gives them theirs.
            request_id_extension:
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig
                use_request_id_for_trace_sampling: false
                pack_trace_reason: false
            """;

    /// <summary>Where the spans go.</summary>
    public static string Cluster(string endpoint) =>
        $$"""
            - name: {{ClusterName}}
              type: STRICT_DNS
              connect_timeout: 1s
              typed_extension_protocol_options:
                envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                  "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                  explicit_http_config: { http2_protocol_options: {} }
              load_assignment:
                cluster_name: {{ClusterName}}
                endpoints:
                - lb_endpoints:
                  {{endpoint}}
            """;
}
