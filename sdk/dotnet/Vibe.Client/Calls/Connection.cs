using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Vibe.Client.Subscriptions;
using Vibe.Data.V1;
using Vibe.Identity.V1;
using Vibe.Sync.V1;

namespace Vibe.Client.Calls;

/// <summary>
/// Everything that what is named by one client shares: channels, token, ledgers, and the loop around calls.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(5);

    // Far beyond what a server takes, and within what timers can hold.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    private readonly Channels _channels;
    private readonly VibeClientOptions _options;
    private readonly CallsUnderWay _underWay = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _closed = new();

    public Connection(Uri address, TokenSource token, VibeClientOptions options)
    {
        _options = options;
        Time = options.TimeProvider;
        Tokens = new TokenCache(token, Time);
        Logger = options.LoggerFactory?.CreateLogger("Vibe.Client") ?? NullLogger.Instance;

        var channel = new GrpcChannelOptions
        {
            LoggerFactory = options.LoggerFactory,
            UnsafeUseInsecureChannelCallCredentials = true,
            DisposeHttpClient = true,
            // Attempts wait by the client's own rules: a pause of gRPC's beneath them, of up to two minutes, would fail calls
            // to a server that is back already.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
            HttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(10),
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            },
        };
        options.ConfigureChannel?.Invoke(channel);
        if (channel.HttpClient is not null)
        {
            channel.HttpHandler = null;
        }
        else if (channel.HttpHandler is { } handler)
        {
            channel.HttpHandler = new UserAgentHandler(handler, options.Application);
        }

        MostSharedBytes = Math.Min(SharedWrite.MostBytes, channel.MaxSendMessageSize ?? int.MaxValue);
        _channels = new Channels(channel);
        var given = Routes.Normal(address);
        var server = new ServerService.ServerServiceClient(_channels.At(given));
        Endpoints = new Endpoints(
            given,
            async call => await server.GetServerAsync(new GetServerRequest(), call).ConfigureAwait(false),
            Time,
            code => Log.NotDescribed(Logger, code),
            _closing.Token
        );
        var invoker = new RoutedInvoker(Endpoints, _channels);
        Documents = new DocumentService.DocumentServiceClient(invoker);
        Collections = new CollectionService.CollectionServiceClient(invoker);
        Sync = new SyncService.SyncServiceClient(invoker);
        Streams = new SharedStreams(this);
        Raw = new RawInvoker(invoker, Endpoints, CallCredentials.FromInterceptor(AddTokenAsync), options.Timeout);
    }

    public DocumentService.DocumentServiceClient Documents { get; }

    public CollectionService.CollectionServiceClient Collections { get; }

    public SyncService.SyncServiceClient Sync { get; }

    /// <summary>Where each package is reached.</summary>
    public Endpoints Endpoints { get; }

    public SharedStreams Streams { get; }

    public CallInvoker Raw { get; }

    public TokenCache Tokens { get; }

    public SpaceLedgers Spaces { get; } = new();

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    /// <summary>How large a message may be that several callers share.</summary>
    public int MostSharedBytes { get; }

    public RetryPolicy Retry => _options.Retry;

    /// <summary>Ends subscriptions when the client closes.</summary>
    public CancellationToken Closing => _closing.Token;

    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_underWay.IsClosed, typeof(VibeClient));

    /// <summary>Makes a call: attempts, delays and token renewal within one deadline.</summary>
    /// <param name="rpc">Which method.</param>
    /// <param name="send">Makes one attempt.</param>
    /// <param name="timeout">How long all of it may take; null takes the client's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <param name="gate">What the call passes before its attempts, or null.</param>
    /// <param name="forgetTokens">Drops the tokens that the client quoted by itself; false when there are none.</param>
    public async Task<TResponse> CallAsync<TResponse>(
        Rpc rpc,
        Func<CallOptions, AsyncUnaryCall<TResponse>> send,
        TimeSpan? timeout,
        CancellationToken cancellationToken,
        Gate<TResponse>? gate = null,
        Func<bool>? forgetTokens = null
    )
    {
        var patience = timeout ?? _options.Timeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(patience, TimeSpan.Zero, nameof(timeout));
        cancellationToken.ThrowIfCancellationRequested();
        _underWay.Enter();
        using var activity = Telemetry.Start(rpc);
        var call = new Call(this, rpc, patience < LongestTimeout ? patience : LongestTimeout);
        VibeException? error = null;
        try
        {
            return await call.RunAsync(send, gate, forgetTokens, _closed.Token, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (VibeException failure)
        {
            error = failure;
            throw;
        }
        finally
        {
            Telemetry.End(activity, rpc, call, error);
            _underWay.Leave();
        }
    }

    /// <summary>
    /// Runs what ends by itself when the client closes, and throws nothing; closing waits for it. Nothing runs once it is
    /// closed.
    /// </summary>
    public void Run(Func<Task> work)
    {
        if (_underWay.TryEnter())
        {
            _ = Task.Run(async () =>
            {
                await work().ConfigureAwait(false);
                _underWay.Leave();
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        var drained = _underWay.CloseAsync();
        await _closing.CancelAsync().ConfigureAwait(false);
        try
        {
            await drained.WaitAsync(ClosingPatience, Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _closed.CancelAsync().ConfigureAwait(false);
        }

        await Endpoints.EndAsync().ConfigureAwait(false);
        _channels.Dispose();
    }

    private async Task AddTokenAsync(AuthInterceptorContext context, Metadata metadata)
    {
        try
        {
            var token = await Tokens.GetAsync(context.CancellationToken).ConfigureAwait(false);
            metadata.Add("authorization", Bearer(token));
        }
        catch (VibeException signedOut) when (signedOut.Code == StatusCode.Unauthenticated)
        {
            // The server then says whether the method needs a token.
        }
        catch (VibeException failure)
        {
            throw new RpcException(new Status(failure.Code, failure.Message, failure));
        }
    }

    internal static string Bearer(AccessToken token) => $"Bearer {token.Value}";
}
