using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Server.Tests.Door;
using Vibe.Testing;
using Vibe.Testing.Telemetry;
using Status = Google.Rpc.Status;

namespace Vibe.Server.Tests.Hostile;

/// <summary>Speaks to a server in bytes, so that what no client would send can be sent as well.</summary>
internal sealed class Wire(VibeServer server) : IDisposable
{
    private const int FrameHead = 5;

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        }
    );

    /// <summary>Sends a message as a method's request, in any of the protocols.</summary>
    /// <param name="payload">A text in the request that stays in one segment of a path, whatever is in it.</param>
    public async Task<Answer> CallAsync(
        Protocol protocol,
        string? token,
        MethodDescriptor method,
        IMessage request,
        string? payload = null
    )
    {
        if (protocol != Protocol.Rest)
            return await GrpcAsync(protocol, token, method, Framed(request.ToByteArray()));
        var (verb, target, body) = Rest.Write(method, request, payload);
        return await RestAsync(token, verb, target, body is null ? null : Encoding.UTF8.GetBytes(body));
    }

    /// <summary>Sends a message as a method's request, with one more header.</summary>
    public async Task<Answer> CallWithAsync(
        Protocol protocol,
        string? token,
        MethodDescriptor method,
        IMessage request,
        (string Name, string Value) header
    )
    {
        if (protocol != Protocol.Rest)
            return await GrpcAsync(protocol, token, method, Framed(request.ToByteArray()), null, header);
        var (verb, target, body) = Rest.Write(method, request);
        var text = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes($"{header.Name}: {header.Value}\r\n"));
        return await RestAsync(token, verb, target, body is null ? null : Encoding.UTF8.GetBytes(body), more: text);
    }

    public static byte[] Framed(byte[] message, byte flag = 0)
    {
        var frame = new byte[message.Length + 5];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public async Task<Answer> GrpcAsync(
        Protocol protocol,
        string? token,
        MethodDescriptor method,
        byte[] body,
        string? contentType = null,
        params (string Name, string Value)[] headers
    )
    {
        var texts = Texts.OfMessage(method.InputType, body.Length < FrameHead ? body : body[FrameHead..]);
        Sent(token, texts.Concat(headers.Select(header => header.Value)));
        return Told(token, await SendGrpcAsync(protocol, token, method, body, contentType, headers));
    }

    private async Task<Answer> SendGrpcAsync(
        Protocol protocol,
        string? token,
        MethodDescriptor method,
        byte[] body,
        string? contentType,
        (string Name, string Value)[] headers
    )
    {
        var web = protocol == Protocol.GrpcWeb;
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(web ? server.WebAddress : server.GrpcAddress, $"/{method.Service.FullName}/{method.Name}")
        )
        {
            Version = web ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation(
            "content-type",
            contentType ?? (web ? "application/grpc-web" : "application/grpc")
        );
        // The server ends a connection whose request it did not read to its end.
        request.Headers.ConnectionClose = web;
        if (!web)
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var told = Flat(response.Headers).ToList();
            if (told.Any(header => header.Key == "grpc-status"))
                return new Answer((int)response.StatusCode, told, StatusIn(told));
            if (response.Content.Headers.ContentType?.MediaType == "application/json")
            {
                var text = await response.Content.ReadAsStringAsync(limit.Token);
                return new Answer((int)response.StatusCode, told, Answer.FromJson(text), text);
            }
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            while (true)
            {
                var head = new byte[5];
                if (await stream.ReadAtLeastAsync(head, 5, false, limit.Token) < 5)
                    break;
                var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1));
                if (method.IsServerStreaming && head[0] == 0)
                    return new Answer((int)response.StatusCode, told, Answer.Fine);
                var content = new byte[length];
                await stream.ReadExactlyAsync(content, limit.Token);
                if (head[0] == 0x80)
                    foreach (var line in Encoding.ASCII.GetString(content).Split("\r\n"))
                        if (line.Split(':', 2) is [var name, var value])
                            told.Add(new(name.ToLowerInvariant(), value.Trim()));
            }
            told.AddRange(Flat(response.TrailingHeaders));
            return new Answer((int)response.StatusCode, told, StatusIn(told));
        }
        catch (HttpRequestException exception)
        {
            return new Answer(0, [], null, exception.Message);
        }
        catch (IOException exception)
        {
            return new Answer(0, [], null, exception.Message);
        }
    }

    public async Task<Answer> RestAsync(
        string? token,
        string verb,
        string target,
        byte[]? body = null,
        string contentType = "application/json",
        string more = ""
    )
    {
        var head = new StringBuilder($"{verb} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        if (token is not null)
            head.Append($"authorization: Bearer {token}\r\n");
        if (body is not null)
        {
            if (contentType.Length > 0)
                head.Append($"content-type: {contentType}\r\n");
            if (
                !more.Contains("content-length", StringComparison.Ordinal)
                && !more.Contains("transfer-encoding", StringComparison.Ordinal)
            )
                head.Append($"content-length: {body.Length}\r\n");
        }
        var headers = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(more)).Split("\r\n");
        Sent(
            token,
            Texts.OfTarget(target).Concat(headers.Select(header => header[(header.IndexOf(':') + 1)..].Trim()))
        );
        Sent(token, body is null ? [] : Texts.OfJson(body));
        return Told(token, await RawAsync([.. Encoding.Latin1.GetBytes($"{head}{more}\r\n"), .. body ?? []]));
    }

    /// <summary>Sends bytes over a connection of their own and reads what comes.</summary>
    private async Task<Answer> RawAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(server.WebAddress.Host, server.WebAddress.Port, limit.Token);
        var stream = socket.GetStream();
        var received = new MemoryStream();
        try
        {
            await stream.WriteAsync(bytes, limit.Token);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, limit.Token)) > 0)
            {
                received.Write(buffer, 0, read);
                // A stream does not end by itself.
                if (
                    Encoding
                        .Latin1.GetString(received.GetBuffer(), 0, Math.Min(16, (int)received.Length))
                        .Contains(" 200 ")
                )
                    break;
            }
        }
        catch (IOException)
        {
            // A connection that is reset is an answer too: what came before it is judged below.
        }
        var text = Encoding.UTF8.GetString(received.ToArray());
        if (text.Length == 0)
            return new Answer(0, [], null, "the connection was closed");
        var parts = text.Split("\r\n\r\n", 2);
        var lines = parts[0].Split("\r\n");
        var http = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        var headers = lines[1..]
            .Select(line => line.Split(':', 2))
            .Select(pair => new KeyValuePair<string, string>(pair[0].ToLowerInvariant(), pair[^1].Trim()))
            .ToList();
        var content = parts.Length > 1 ? parts[1] : "";
        if (headers.Any(header => header is { Key: "transfer-encoding", Value: "chunked" }))
            content = Regex.Replace(content, @"(^|\r\n)[0-9a-f]+\r\n(\r\n)?", "");
        return new Answer(http, headers, http == 200 ? Answer.Fine : Answer.FromJson(content), content);
    }

    public void Dispose() => _http.Dispose();

    private void Sent(string? token, IEnumerable<string> texts) => server.Canaries.Sent(server.CallerOf(token), texts);

    private Answer Told(string? token, Answer answer)
    {
        if (!answer.IsOk)
            server.Canaries.Told(server.CallerOf(token), answer.Told);
        return answer;
    }

    private static Status? StatusIn(List<KeyValuePair<string, string>> told)
    {
        var code = told.LastOrDefault(header => header.Key == "grpc-status").Value;
        if (code is null)
            return null;
        if (code == "0")
            return Answer.Fine;
        var details = told.LastOrDefault(header => header.Key == "grpc-status-details-bin").Value;
        if (details is null)
            return new Status
            {
                Code = int.Parse(code, System.Globalization.CultureInfo.InvariantCulture),
                Message = Uri.UnescapeDataString(
                    told.LastOrDefault(header => header.Key == "grpc-message").Value ?? ""
                ),
            };
        return Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
    }

    private static IEnumerable<KeyValuePair<string, string>> Flat(HttpHeaders headers) =>
        headers.NonValidated.SelectMany(header =>
            header.Value.Select(value => new KeyValuePair<string, string>(header.Key.ToLowerInvariant(), value))
        );
}

/// <summary>Writes requests as the HTTP rules of their methods map them, whatever is in them.</summary>
internal static class Rest
{
    private const string Mark = "\ue000";

    public static bool Has(MethodDescriptor method) =>
        method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not null;

    public static (string Verb, string Target, string? Body) Write(
        MethodDescriptor method,
        IMessage request,
        string? payload = null
    )
    {
        var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Http);
        if (rule.AdditionalBindings is [var other] && HasScopes(request))
            rule = other;
        var (verb, template) = RestRequests.TemplateOf(rule);
        var bound = new List<string> { rule.Body };
        var path = Regex.Replace(
            template,
            @"\{([a-z_.]+)=[^}]*\}",
            match =>
            {
                bound.Add(match.Groups[1].Value);
                return InPath(Scalar(request, match.Groups[1].Value), payload);
            }
        );
        var query = rule.Body == "*" ? "" : string.Join('&', Query(request, bound, ""));
        return (verb.Method, query.Length == 0 ? path : $"{path}?{query}", Body(request, rule.Body, bound));
    }

    private static bool HasScopes(IMessage request) =>
        request.Descriptor.FindFieldByName("scopes") is { } field
        && field.Accessor.GetValue(request) is System.Collections.ICollection { Count: > 0 };

    private static string InPath(string value, string? payload)
    {
        var kept = payload is { Length: > 0 } ? value.Replace(payload, Mark, StringComparison.Ordinal) : value;
        return string.Join('/', kept.Split('/').Select(Uri.EscapeDataString))
            .Replace(Uri.EscapeDataString(Mark), Uri.EscapeDataString(payload ?? ""), StringComparison.Ordinal);
    }

    private static string? Body(IMessage request, string body, List<string> bound)
    {
        if (body.Length == 0)
            return null;
        if (body != "*")
            return Json(request.Descriptor.FindFieldByName(body).Accessor.GetValue(request) as IMessage);
        var copy = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        foreach (var field in bound.Where(field => field != "*"))
            copy.Descriptor.FindFieldByName(field).Accessor.Clear(copy);
        return Json(copy);
    }

    private static string Json(IMessage? message) => message is null ? "{}" : JsonFormatter.Default.Format(message);

    private static string Scalar(IMessage message, string path)
    {
        foreach (var name in path.Split('.')[..^1])
            if (message.Descriptor.FindFieldByName(name).Accessor.GetValue(message) is IMessage inner)
                message = inner;
            else
                return "";
        return (string)message.Descriptor.FindFieldByName(path.Split('.')[^1]).Accessor.GetValue(message);
    }

    private static IEnumerable<string> Query(IMessage message, List<string> elsewhere, string prefix)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var name = prefix + field.Name;
            if (elsewhere.Contains(name))
                continue;
            var value = field.Accessor.GetValue(message);
            if (value is Google.Protobuf.WellKnownTypes.FieldMask mask)
                yield return $"{name}={Uri.EscapeDataString(string.Join(',', mask.Paths))}";
            else if (value is IMessage inner)
                foreach (var pair in Query(inner, elsewhere, $"{name}."))
                    yield return pair;
            else if (field.IsRepeated && value is IEnumerable<string> texts)
                foreach (var text in texts)
                    yield return $"{name}={Uri.EscapeDataString(text)}";
            else if (value is string { Length: > 0 } single)
                yield return $"{name}={Uri.EscapeDataString(single)}";
            else if (value is true)
                yield return $"{name}=true";
            else if (value is int and not 0)
                yield return $"{name}={value}";
        }
    }
}
