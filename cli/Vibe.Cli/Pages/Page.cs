using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Vibe.Cli.Tokens;
using Vibe.Identity.Accounts;
using Vibe.Identity.Tokens;

namespace Vibe.Cli.Pages;

/// <summary>
/// The page of <c>vibe dev</c>, and the only way into it. Reaching the port gives nobody an identity: who has no secret that
/// this process printed, and no session that one was exchanged for, is told nothing and given nothing.
/// </summary>
internal sealed class Page(PageFiles files) : IStartupFilter
{
    private const string SessionPath = "/session";
    private const string TokenPath = "/session/token";
    private const int MaxBody = 1024;

    private readonly SignIns<Account> _signIns = new(TimeProvider.System);
    private Uri? _address;
    private Vault? _vault;

    private string CookieName => $"vibe-page-{_address!.Port}";

    /// <summary>Begins to answer, at the address of the web and with tokens of the vault.</summary>
    public void Open(Uri address, Vault vault) => (_vault, _address) = (vault, address);

    /// <summary>The address that signs one browser in as a person, once.</summary>
    public Uri AddressFor(Account person) => new(_address!, $"/#{_signIns.Invite(person)}");

    /// <summary>Puts the page before everything else: no part of the server knows that it is there.</summary>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(AnswerAsync);
            next(app);
        };

    private Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (_address is null || context.Connection.LocalPort != _address.Port)
            return next(context);
        var path = context.Request.Path.Value;
        var file = files.Find(path);
        if (file is null && path is not (SessionPath or TokenPath))
            return next(context);
        // A name of somebody else's that leads here by its DNS would make their page one of ours.
        if (!IsOurHost(context.Request.Host))
            return EndAsync(context, StatusCodes.Status421MisdirectedRequest);
        WriteHeaders(context.Response.Headers);
        if (file is not null)
            return SendAsync(context, file);
        return path == SessionPath ? SignInAsync(context) : MintAsync(context);
    }

    private async Task SignInAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } body)
            return;
        if (body.Secret is null || _signIns.Redeem(body.Secret) is not { } halves)
        {
            await EndAsync(context, StatusCodes.Status401Unauthorized);
            return;
        }
        context.Response.Cookies.Append(
            CookieName,
            halves.Cookie,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Strict,
                Path = SessionPath,
            }
        );
        await context.Response.WriteAsJsonAsync(new SignedIn(halves.Key), PageJson.Default.SignedIn);
    }

    private async Task MintAsync(HttpContext context)
    {
        if (await ReadAsync(context) is not { } body)
            return;
        var cookie = context.Request.Cookies[CookieName];
        if (cookie is null || body.Key is null || _signIns.Find(new SessionHalves(cookie, body.Key)) is not { } person)
        {
            await EndAsync(context, StatusCodes.Status401Unauthorized);
            return;
        }
        var (token, expiresAt) = _vault!.Mint(person, Vault.FirstParty, null, AccessTokens.MaxLifetime);
        await context.Response.WriteAsJsonAsync(new Minted(token, expiresAt), PageJson.Default.Minted);
    }

    // Only a script of the page itself gets past this: forms cannot send JSON, and browsers say where a request comes from.
    private async Task<Sent?> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var refusal = request switch
        {
            { Method: not "POST" } => StatusCodes.Status405MethodNotAllowed,
            _ when request.Headers.Origin != $"http://{request.Host.Value}" => StatusCodes.Status403Forbidden,
            _ when request.Headers["sec-fetch-site"] != "same-origin" => StatusCodes.Status403Forbidden,
            _ when request.ContentType != "application/json" => StatusCodes.Status415UnsupportedMediaType,
            { ContentLength: null or > MaxBody } => StatusCodes.Status413PayloadTooLarge,
            _ => 0,
        };
        if (refusal == 0)
            try
            {
                var sent = await JsonSerializer.DeserializeAsync(
                    request.Body,
                    PageJson.Default.Sent,
                    context.RequestAborted
                );
                if (sent is not null)
                    return sent;
                refusal = StatusCodes.Status400BadRequest;
            }
            catch (JsonException)
            {
                refusal = StatusCodes.Status400BadRequest;
            }
        await EndAsync(context, refusal);
        return null;
    }

    private bool IsOurHost(HostString host) => host.Host is "127.0.0.1" or "localhost" && host.Port == _address!.Port;

    private static Task SendAsync(HttpContext context, PageFile file)
    {
        if (context.Request.Method is not ("GET" or "HEAD"))
            return EndAsync(context, StatusCodes.Status405MethodNotAllowed);
        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Content.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(file.Content, context.RequestAborted).AsTask();
    }

    private static Task EndAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static void WriteHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["referrer-policy"] = "no-referrer";
        headers["cross-origin-opener-policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}

/// <summary>What the page sends: a secret to sign in with, or its half of a session.</summary>
internal sealed record Sent(string? Secret, string? Key);

/// <summary>What the page keeps of its session.</summary>
internal sealed record SignedIn(string Key);

/// <summary>An access token of the person, without an app.</summary>
internal sealed record Minted(string Token, DateTimeOffset Expires);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Sent))]
[JsonSerializable(typeof(SignedIn))]
[JsonSerializable(typeof(Minted))]
internal sealed partial class PageJson : JsonSerializerContext;
