using Grpc.Core;
using Vibe.Client.Calls;

namespace Vibe.Client;

/// <summary>
/// A connection to a Vibe server, as the person and app that its token stands for. Making one does no I/O; the first
/// call opens the connection. It is safe to share; make one per process.
/// <para>
/// Beside its first call, and every five minutes while there are calls, it asks the server without the token how it is
/// reached (<c>GetServer</c>). What the given address does not serve is then asked for, with the token, at the address that
/// the server names for it, by the same scheme; where the server does not name the given address, all stays there.
/// </para>
/// </summary>
public sealed class VibeClient : IAsyncDisposable
{
    private readonly Connection _connection;

    /// <summary>Makes a client.</summary>
    /// <param name="address">The server's address, any of those that it names; with <c>http</c> it speaks HTTP/2 without TLS.</param>
    /// <param name="token">Where access tokens come from; a string converts.</param>
    public VibeClient(Uri address, TokenSource token)
        : this(address, token, null) { }

    /// <summary>Makes a client.</summary>
    /// <param name="address">The server's address, any of those that it names; with <c>http</c> it speaks HTTP/2 without TLS.</param>
    /// <param name="token">Where access tokens come from; a string converts.</param>
    /// <param name="options">Deadline, retries, logs; null takes the defaults.</param>
    public VibeClient(Uri address, TokenSource token, VibeClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(token);
        _connection = new Connection(address, token, options ?? new VibeClientOptions());
        Me = Space(SpaceLedgers.Me);
    }

    /// <summary>The space of the person that the token stands for.</summary>
    public Space Me { get; }

    /// <summary>Names a person's space. Nothing is asked.</summary>
    /// <param name="id">The space's id.</param>
    /// <returns>The space's address.</returns>
    /// <exception cref="ArgumentException">The id is empty or holds a slash.</exception>
    public Space Space(string id) => new(_connection, ResourceName.CheckId(id));

    /// <summary>
    /// Opens a generated stub on the same connection, with the client's token, deadline and user-agent:
    /// <c>vibe.Raw(i =&gt; new GrantService.GrantServiceClient(i))</c>. Calls through it are not retried, carry no
    /// idempotency key and no consistency token, and throw <see cref="RpcException"/>, which
    /// <see cref="VibeException.From(RpcException)"/> reads. A deadline or credentials of the call's own win.
    /// </summary>
    /// <typeparam name="TStub">The type of the stub.</typeparam>
    /// <param name="open">Makes the stub.</param>
    /// <returns>The stub.</returns>
    public TStub Raw<TStub>(Func<CallInvoker, TStub> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _connection.ThrowIfClosed();
        return open(_connection.Raw);
    }

    /// <summary>
    /// Closes the client: new calls are refused with <see cref="ObjectDisposedException"/>, subscriptions end with it,
    /// and calls under way have five seconds. Twice is fine.
    /// </summary>
    /// <returns>Ends when the connection is closed.</returns>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
