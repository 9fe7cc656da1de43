using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Vibe.Testing;

namespace Vibe.Cases.Raw;

/// <summary>A protocol of the front door, spoken without a client library of ours.</summary>
internal sealed class RawDoor
{
    /// <summary>
    /// Names the deadline that the server alone is told of, in the form of the header <c>grpc-timeout</c>: gRPC's library
    /// takes that header for its own, and would end the call itself.
    /// </summary>
    public const string ServersDeadline = "deadline-of-the-server";

    /// <summary>The names of all.</summary>
    public static readonly IReadOnlyList<string> All = ["grpc", "grpc-web", "rest"];

    private readonly string _name;
    private readonly X509Certificate2? _authority;

    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="authority">Whose certificates are trusted, instead of what the machine trusts.</param>
    public RawDoor(string name, X509Certificate2? authority)
    {
        if (!All.Contains(name))
            throw new ArgumentException($"'{name}' is no door.", nameof(name));
        (_name, _authority) = (name, authority);
    }

    public bool IsRest => _name == "rest";

    /// <summary>Opens a line through it for one caller.</summary>
    /// <param name="grpc">Where gRPC over HTTP/2 is.</param>
    /// <param name="web">Where gRPC-web and REST are.</param>
    /// <param name="token">Who calls; null for nobody.</param>
    public RawLine Open(Uri grpc, Uri web, string? token)
    {
        var http = new HttpClient(Handler())
        {
            BaseAddress = web,
            DefaultRequestVersion = web.Scheme == "https" ? HttpVersion.Version20 : HttpVersion.Version11,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var (calls, channel) = Calls(grpc, http, token);
        return new RawLine(calls, http, token, channel);
    }

    private (CallInvoker Calls, GrpcChannel? Channel) Calls(Uri grpc, HttpClient http, string? token)
    {
        if (IsRest)
            return (new RestInvoker(http, token), null);
        var options = new GrpcChannelOptions { MaxReceiveMessageSize = null, DisposeHttpClient = true };
        if (_name == "grpc")
        {
            options.HttpHandler = new ServersDeadlineHandler(Handler());
        }
        else
        {
            options.HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new ServersDeadlineHandler(Handler()));
            options.HttpVersion = http.DefaultRequestVersion;
        }
        var channel = GrpcChannel.ForAddress(_name == "grpc" ? grpc : http.BaseAddress!, options);
        var calls = channel.CreateCallInvoker();
        if (token is not null)
            calls = calls.Intercept(headers =>
            {
                headers.Add("authorization", $"Bearer {token}");
                return headers;
            });
        return (calls, channel);
    }

    private SocketsHttpHandler Handler()
    {
        // Who leaves a stream over HTTP/1.1 closes its connection, and does not wait for more of it before.
        var handler = new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero };
        if (_authority is not null)
            handler.SslOptions = Envoy.Trusting(_authority);
        return handler;
    }

    private sealed class ServersDeadlineHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.Headers.TryGetValues(ServersDeadline, out var deadline))
            {
                request.Headers.Remove(ServersDeadline);
                request.Headers.TryAddWithoutValidation("grpc-timeout", deadline);
            }
            return base.SendAsync(request, cancellationToken);
        }
    }
}
