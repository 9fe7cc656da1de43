using Google.Protobuf.Reflection;
using Vibe.Hosting;

namespace Vibe.Cli.Gateways;

/// <summary>
/// Writes what an Envoy (1.40) needs to be the one address of a set of servers: TLS with HTTP/2, HTTP/1.1 and HTTP/3, gRPC as it
/// is, gRPC-web and REST turned into it. It routes, translates and limits; who may do what the servers decide alone.
/// </summary>
internal static class EnvoyConfiguration
{
    // What the server takes and sends at most (Vibe:Limits:MessageBytes), and somewhat more for its form as JSON.
    private const int MessageBytes = 8 << 20;

    // Longer than the longest deadline of the server, which says why it ends a call.
    private const string CallTimeout = "310s";

    // Three heartbeats of a stream.
    private const string StreamSilence = "60s";

    // What is kept of an answer for whoever does not read: so little that the server notices, which ends its stream.
    private const int StreamWindow = 256 << 10;

    // As many as a server takes (Http2.MaxStreamsPerConnection).
    private const int StreamsOfConnection = 100;

    // For all of them, so that those that are not read never have the window of the connection to themselves, and keep the others
    // on it waiting.
    private const int BackendWindow = StreamsOfConnection * StreamWindow;

    // How long what a server has answered may wait for its reader, once the server has done with it.
    private const string FlushTimeout = "10s";

    /// <summary>Writes it.</summary>
    public static string Of(GatewaySettings settings) =>
        $$"""
            # Made by `vibe gateway` from the contract. Do not edit: make it anew, with the options that fit.
            # Paths are relative to the folder that Envoy is started in.
            static_resources:
              listeners:
              # HTTP/2 and HTTP/1.1: gRPC, gRPC-web and REST.
              - name: tcp
                address: { socket_address: { address: "{{settings.Listen.Host}}", port_value: {{settings.Listen.Port}} } }
                per_connection_buffer_limit_bytes: 1048576
                filter_chains:
                - transport_socket:
                    name: envoy.transport_sockets.tls
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                      common_tls_context:
            {{Indented(12, TlsOf(settings, "h2", "http/1.1"))}}
                  filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
            {{Indented(10, ManagerOf(settings, "AUTO"))}}
              # HTTP/3, which the others are told of by alt-svc.
              - name: quic
                address: { socket_address: { protocol: UDP, address: "{{settings.Listen.Host}}", port_value: {{settings.Listen.Port}} } }
                udp_listener_config: { quic_options: {}, downstream_socket_config: { prefer_gro: true } }
                filter_chains:
                - transport_socket:
                    name: envoy.transport_sockets.quic
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport
                      downstream_tls_context:
                        common_tls_context:
            {{Indented(14, TlsOf(settings, "h3"))}}
                  filters:
                  - name: envoy.filters.network.http_connection_manager
                    typed_config:
            {{Indented(10, ManagerOf(settings, "HTTP3"))}}
              clusters:
            {{Indented(2, string.Join('\n', ClustersOf(settings)))}}
            # Above this number, connections are closed at once.
            overload_manager:
              resource_monitors:
              - name: envoy.resource_monitors.global_downstream_max_connections
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
                  max_active_downstream_connections: 10000
            layered_runtime:
              layers:
              - name: floods
                static_layer:
                  # Who resets most of its streams within a second is cut off.
                  overload: { premature_reset_total_stream_count: 500, premature_reset_min_stream_lifetime_seconds: 1 }
                  # Of what one connection sends at once so much is begun before the others have their turn; what is reset by
                  # then never reaches a server, whose connection Envoy would end for a flood of resets, and with it all others' calls.
                  http: { max_requests_per_io_cycle: 10 }
            admin: { address: { socket_address: { address: 127.0.0.1, port_value: {{settings.AdminPort}} } } }

            """;

    private static string TlsOf(GatewaySettings settings, params string[] protocols) =>
        $$"""
            alpn_protocols: [{{string.Join(", ", protocols.Select(name => $"\"{name}\""))}}]
            tls_params: { tls_minimum_protocol_version: TLSv1_2 }
            tls_certificates:
            - certificate_chain: { filename: "{{settings.Certificate}}" }
              private_key: { filename: "{{settings.Key}}" }
            """;

    private static string ManagerOf(GatewaySettings settings, string codec) =>
        $$"""
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: vibe
            codec_type: {{codec}}
            # Who calls is who is connected; what a client says of its own address counts for nothing.
            use_remote_address: true
            # Names with escaped letters are refused by the server, which says so.
            path_with_escaped_slashes_action: KEEP_UNCHANGED
            # The server's, which its log and its errors name as well.
            generate_request_id: false
            server_header_transformation: PASS_THROUGH
            request_headers_timeout: 15s
            stream_idle_timeout: {{StreamSilence}}
            stream_flush_timeout: {{FlushTimeout}}
            max_request_headers_kb: 32
            common_http_protocol_options:
              idle_timeout: 120s
              max_headers_count: 100
              headers_with_underscores_action: REJECT_REQUEST
            # Floods of frames that cost their sender nothing end the connection.
            http2_protocol_options:
              max_concurrent_streams: {{StreamsOfConnection}}
              initial_stream_window_size: {{StreamWindow}}
              initial_connection_window_size: 1048576
              max_outbound_frames: 5000
              max_outbound_control_frames: 1000
              max_consecutive_inbound_frames_with_empty_payload: 1
              max_inbound_priority_frames_per_stream: 10
              max_inbound_window_update_frames_per_data_frame_sent: 10
              connection_keepalive: { interval: 30s, timeout: 20s }
            local_reply_config:
              mappers:
            {{Indented(2, LocalReplies.Mappers())}}{{TracingOf(settings)}}
            access_log:
            - name: envoy.access_loggers.stdout
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
                log_format:
                  json_format:
                    time: "%START_TIME%"
                    request_id: "%RESP(X-REQUEST-ID)%"
                    method: "%REQ(:METHOD)%"
                    path: "%PATH(NQ:PATH)%"
                    protocol: "%PROTOCOL%"
                    status: "%RESPONSE_CODE%"
                    grpc: "%GRPC_STATUS%"
                    flags: "%RESPONSE_FLAGS%"
                    milliseconds: "%DURATION%"
                    received: "%BYTES_RECEIVED%"
                    sent: "%BYTES_SENT%"
                    backend: "%UPSTREAM_HOST%"
            route_config:
              name: vibe
              virtual_hosts:
              - name: vibe
                domains: ["*"]
                # What has reached no server may go to another, whatever it is.
            {{Indented(4, RetriesOn("connect-failure,refused-stream,reset-before-request"))}}
                # The server believes none of these; nobody shall be led to think so.
                request_headers_to_remove: [x-envoy-original-path, x-envoy-original-method, x-forwarded-for, x-forwarded-host, x-forwarded-port, x-real-ip, forwarded]
                # Who is connected, in place of whatever the client said; for servers that trust this gateway (Vibe:TrustedProxies).
                request_headers_to_add:
                - header: { key: x-forwarded-for, value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" }
                  append_action: OVERWRITE_IF_EXISTS_OR_ADD
                response_headers_to_add:
                - header: { key: alt-svc, value: 'h3=":{{settings.Listen.Port}}"; ma=86400' }
                typed_per_filter_config:
                  envoy.filters.http.cors:
                    "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
                    # Any page may ask: a token in the request lets it in, and no cookie or address ever does.
                    allow_origin_string_match: [{ safe_regex: { regex: ".*" } }]
                    allow_methods: "GET, POST, PATCH, DELETE"
                    allow_headers: "*, authorization"
                    expose_headers: "{{string.Join(", ", VibeHosting.ExposedHeaders)}}"
                    max_age: "7200"
                routes:
            {{Indented(4, string.Join('\n', RoutesOf(settings)))}}
            http_filters:
            - name: envoy.filters.http.cors
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
            # What one address may ask for; the servers limit apps and people. Behind CORS, so that pages can read what they are told.
            - name: envoy.filters.http.local_ratelimit
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                stat_prefix: vibe
                {{BucketOf(10 * settings.AddressRate, 10 * settings.AddressRate)}}
                filter_enabled: { default_value: { numerator: 100 } }
                filter_enforced: { default_value: { numerator: 100 } }
                rate_limited_as_resource_exhausted: true
                rate_limits: [{ actions: [{ remote_address: {} }] }]
                descriptors:
                - entries: [{ key: remote_address }]
                  {{BucketOf(2 * settings.AddressRate, settings.AddressRate)}}
            - name: envoy.filters.http.grpc_web
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb }
            - name: envoy.filters.http.grpc_json_transcoder
              typed_config:
            {{Indented(4, TranscoderOf(settings, "stream_newline_delimited"))}}
            - name: envoy.filters.http.router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                suppress_envoy_headers: true
            """;

    private static string TranscoderOf(GatewaySettings settings, string streams) =>
        $$"""
            "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder
            proto_descriptor: "{{settings.Descriptors}}"
            services: [{{string.Join(", ", ContractMethods.Services)}}]
            convert_grpc_status: true
            max_request_body_size: {{MessageBytes}}
            max_response_body_size: {{MessageBytes}}
            print_options: { {{streams}}: true }
            request_validation_options: { reject_unknown_query_parameters: true, reject_binding_body_field_collisions: true }
            """;

    private static IEnumerable<string> RoutesOf(GatewaySettings settings)
    {
        var streams = ContractMethods.All.Where(method => method.IsServerStreaming).ToList();
        // By the path as it came; all others are looked for once more, by that of their method.
        foreach (
            var (method, path) in streams.SelectMany(method =>
                ContractMethods.RestPathsOf(method).Select(path => (method, path))
            )
        )
            yield return $$"""
                - match:
                    safe_regex: { regex: '{{path}}' }
                    headers: [{ name: accept, string_match: { contains: text/event-stream } }]
                  route: { cluster: {{ClusterOf(settings, method)}}, timeout: 0s, idle_timeout: {{StreamSilence}} }
                  typed_per_filter_config:
                    envoy.filters.http.grpc_json_transcoder:
                {{Indented(6, TranscoderOf(settings, "stream_sse_style_delimited"))}}
                """;
        foreach (var method in streams)
            yield return $$"""
                - match: { path: {{ContractMethods.PathOf(method)}} }
                  route: { cluster: {{ClusterOf(settings, method)}}, timeout: 0s, idle_timeout: {{StreamSilence}} }
                """;
        foreach (var method in ContractMethods.All.Except(streams).Where(ContractMethods.IsIdempotent))
            yield return $$"""
                - match: { path: {{ContractMethods.PathOf(method)}} }
                  route:
                    cluster: {{ClusterOf(settings, method)}}
                    timeout: {{CallTimeout}}
                {{Indented(4, RetriesOn("connect-failure,refused-stream,reset,unavailable"))}}
                """;
        foreach (var role in settings.Backends.Select(group => group.Key).Where(role => role != ""))
            yield return $$"""
                - match: { prefix: /vibe.{{role}}. }
                  route: { cluster: {{NameOf(role)}}, timeout: {{CallTimeout}} }
                """;
        yield return $$"""
            - match: { prefix: / }
              route: { cluster: {{NameOf(
                settings.Backends.Contains("") ? "" : settings.Backends.First().Key
            )}}, timeout: {{CallTimeout}} }
            """;
    }

    private static string BucketOf(int most, int perSecond) =>
        $$"""token_bucket: { max_tokens: {{most}}, tokens_per_fill: {{perSecond}}, fill_interval: 1s }""";

    private static string RetriesOn(string failures) =>
        $$"""
            retry_policy:
              retry_on: "{{failures}}"
              num_retries: 2
              retry_back_off: { base_interval: 0.025s, max_interval: 0.25s }
              host_selection_retry_max_attempts: 3
              retry_host_predicate:
              - name: envoy.retry_host_predicates.previous_hosts
                typed_config: { "@type": type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate }
            """;

    private static string ClusterOf(GatewaySettings settings, MethodDescriptor method)
    {
        var role = ContractMethods.RoleOf(method);
        return NameOf(settings.Backends.Contains(role) ? role : "");
    }

    private static IEnumerable<string> ClustersOf(GatewaySettings settings) =>
        settings.Telemetry is { } collector
            ? [.. settings.Backends.Select(ClusterOf), EnvoyTracing.Cluster(EndpointOf(collector))]
            : settings.Backends.Select(ClusterOf);

    private static string TracingOf(GatewaySettings settings) =>
        settings.Telemetry is null ? "" : "\n" + EnvoyTracing.Manager;

    private static string ClusterOf(IGrouping<string, Endpoint> backends) =>
        $$"""
            - name: {{NameOf(backends.Key)}}
              type: STRICT_DNS
              lb_policy: LEAST_REQUEST
              connect_timeout: 1s
              per_connection_buffer_limit_bytes: 1048576
              typed_extension_protocol_options:
                envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                  "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                  # A server refuses further streams on a connection before it has said how many it takes.
                  explicit_http_config:
                    http2_protocol_options:
                      max_concurrent_streams: {{StreamsOfConnection}}
                      initial_stream_window_size: {{StreamWindow}}
                      initial_connection_window_size: {{BackendWindow}}
                      connection_keepalive: { interval: 30s, timeout: 5s }
              circuit_breakers:
                thresholds: [{ max_connections: 1000, max_pending_requests: 10000, max_requests: 20000, retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 100 } }]
              # Who cannot be reached is left out for a while, unless none can. Answers do not count: errors that whoever calls can
              # cause, such as unknown methods and short deadlines, would leave out servers that are well.
              outlier_detection:
                split_external_local_origin_errors: true
                consecutive_local_origin_failure: 3
                enforcing_local_origin_success_rate: 0
                enforcing_consecutive_5xx: 0
                enforcing_success_rate: 0
                interval: 2s
                base_ejection_time: 5s
                max_ejection_percent: 50
              # A server that is slow to say so is better than none.
              health_checks:
              - { timeout: 3s, interval: 1s, no_traffic_interval: 1s, unhealthy_threshold: 2, healthy_threshold: 1, grpc_health_check: {} }
              load_assignment:
                cluster_name: {{NameOf(backends.Key)}}
                endpoints:
                - lb_endpoints:
            {{Indented(6, string.Join('\n', backends.Select(EndpointOf)))}}
            """;

    private static string EndpointOf(Endpoint backend) =>
        $$"""- endpoint: { address: { socket_address: { address: "{{backend.Host}}", port_value: {{backend.Port}} } } }""";

    private static string NameOf(string role) => role == "" ? "vibe" : $"vibe-{role}";

    private static string Indented(int spaces, string text) =>
        string.Join('\n', text.Split('\n').Select(line => line == "" ? line : new string(' ', spaces) + line));
}
