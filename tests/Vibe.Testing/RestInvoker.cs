using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Vibe.Consent.V1;
using Vibe.Data.V1;
using Vibe.Hosting.Errors;
using Vibe.Identity.V1;
using Vibe.Sync.V1;

namespace Vibe.Testing;

/// <summary>
/// Carries calls over REST, so that one script speaks every protocol. The answer as it came, before it was made the message
/// that it stands for, is kept beside.
/// </summary>
/// <param name="http">Leads to the server.</param>
/// <param name="token">Who calls; null for nobody.</param>
public sealed class RestInvoker(HttpClient http, string? token) : CallInvoker
{
    private static readonly Dictionary<string, MethodDescriptor> Methods = new[]
    {
        DocumentServiceReflection.Descriptor,
        CollectionServiceReflection.Descriptor,
        SyncServiceReflection.Descriptor,
        GrantServiceReflection.Descriptor,
        AppServiceReflection.Descriptor,
        AccountServiceReflection.Descriptor,
        ServerServiceReflection.Descriptor,
    }
        .SelectMany(file => file.Services)
        .SelectMany(service => service.Methods)
        .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}");

    private static readonly JsonParser Parser = new(
        JsonParser.Settings.Default.WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor))
    );

    /// <summary>The body of the last answer, or the last message of a stream.</summary>
    public string Heard { get; private set; } = "";

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    )
    {
        var headers = new TaskCompletionSource<Metadata>();
        async Task<TResponse> CallAsync()
        {
            using var response = await SendAsync(
                method.FullName,
                request,
                HttpCompletionOption.ResponseContentRead,
                options.CancellationToken
            );
            headers.SetResult(HeadersOf(response));
            Heard = await response.Content.ReadAsStringAsync(options.CancellationToken);
            return response.IsSuccessStatusCode ? Read<TResponse>(Heard) : throw RefusalOf(response, Heard);
        }
        return new AsyncUnaryCall<TResponse>(
            CallAsync(),
            headers.Task,
            () => Grpc.Core.Status.DefaultSuccess,
            () => [],
            () => { }
        );
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    )
    {
        var response = SendAsync(
            method.FullName,
            request,
            HttpCompletionOption.ResponseHeadersRead,
            options.CancellationToken
        );
        async Task<Metadata> HeadersAsync() => HeadersOf(await response);
        var stream = new LineReader<TResponse>(this, response);
        return new AsyncServerStreamingCall<TResponse>(
            stream,
            HeadersAsync(),
            () => Grpc.Core.Status.DefaultSuccess,
            () => [],
            stream.Dispose
        );
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options,
        TRequest request
    ) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        string? host,
        CallOptions options
    ) => throw new NotSupportedException();

    private async Task<HttpResponseMessage> SendAsync(
        string method,
        object request,
        HttpCompletionOption completion,
        CancellationToken cancellation
    )
    {
        using var message = RestRequests.Of(Methods[method], (IMessage)request);
        if (token is not null)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        message.Version = http.DefaultRequestVersion;
        return await http.SendAsync(message, completion, cancellation);
    }

    private static Metadata HeadersOf(HttpResponseMessage response)
    {
        var headers = new Metadata { { "status", $"{(int)response.StatusCode}" } };
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            headers.Add(name, string.Join(", ", values));
        return headers;
    }

    private static TResponse Read<TResponse>(string json) =>
        (TResponse)Parser.Parse(json, ((IMessage)Activator.CreateInstance<TResponse>()!).Descriptor);

    private static RpcException RefusalOf(HttpResponseMessage response, string json)
    {
        var status = Parser.Parse<Google.Rpc.Status>(json);
        var code = (Code)status.Code;
        // What nobody serves is 404 at this door.
        if ((int)response.StatusCode != Refusal.HttpStatusOf(code) && code != Code.Unimplemented)
            throw new InvalidOperationException($"{(int)response.StatusCode} is not the HTTP status of {json}");
        return status.ToRpcException();
    }

    private sealed class LineReader<TResponse>(RestInvoker invoker, Task<HttpResponseMessage> response)
        : IAsyncStreamReader<TResponse>,
            IDisposable
    {
        private StreamReader? _reader;

        public TResponse Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var answer = await response;
            _reader ??= new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
            if (await _reader.ReadLineAsync(cancellationToken) is not { Length: > 0 } line)
                return false;
            invoker.Heard = line;
            if (!answer.IsSuccessStatusCode)
                throw RefusalOf(answer, line);
            Current = Read<TResponse>(line);
            return true;
        }

        public void Dispose()
        {
            _reader?.Dispose();
            if (response.IsCompletedSuccessfully)
                response.Result.Dispose();
        }
    }
}
