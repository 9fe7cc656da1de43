using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Vibe.Cli.Tests;

public sealed class PageTests(PageServer server) : IClassFixture<PageServer>
{
    [Fact]
    public async Task A_secret_opens_one_session_which_gives_tokens_of_its_person()
    {
        await using var own = await PageServer.StartAsync();
        var signedIn = await own.SignInAsync(own.Secret);
        var cookie = Assert.Single(signedIn.Headers.GetValues("set-cookie"));
        var key = await KeyOfAsync(signedIn);
        var again = await own.SignInAsync(own.Secret);
        var minted = await own.PostAsync("/session/token", new { key }, cookie: cookie.Split(';')[0]);
        var token = JsonElement.Parse(await minted.Content.ReadAsStringAsync(Stop)).GetProperty("token").GetString();
        var account = await own.GetAsync("/v1/accounts/me", token);

        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        Assert.EndsWith("; path=/session; samesite=strict; httponly", cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsStringAsync(Stop));
        Assert.Contains("\"displayName\":\"alice\"", account, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_half_of_a_session_gives_a_token_without_the_other()
    {
        await using var own = await PageServer.StartAsync();
        var signedIn = await own.SignInAsync(own.Secret);
        var cookie = signedIn.Headers.GetValues("set-cookie").Single().Split(';')[0];
        var key = await KeyOfAsync(signedIn);

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(new { key }, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(new { }, cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(new { key = cookie.Split('=')[1] }, cookie));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(new { key }, cookie));

        async Task<HttpStatusCode> StatusAsync(object body, string? with) =>
            (await own.PostAsync("/session/token", body, cookie: with)).StatusCode;
    }

    [Theory]
    [InlineData("http://evil.example", "same-origin", "application/json", 403)]
    [InlineData("http://127.0.0.1:1", "same-origin", "application/json", 403)]
    [InlineData("null", "same-origin", "application/json", 403)]
    [InlineData(null, "same-origin", "application/json", 403)]
    [InlineData("own", "cross-site", "application/json", 403)]
    [InlineData("own", "same-site", "application/json", 403)]
    [InlineData("own", null, "application/json", 403)]
    [InlineData("own", "same-origin", "text/plain", 415)]
    [InlineData("own", "same-origin", "application/x-www-form-urlencoded", 415)]
    public async Task Who_is_not_the_page_itself_is_refused_and_uses_nothing_up(
        string? origin,
        string? site,
        string type,
        int status
    )
    {
        foreach (var path in new[] { "/session", "/session/token" })
        {
            var response = await server.PostAsync(path, new { secret = server.Secret }, origin, site, type);

            Assert.Equal(status, (int)response.StatusCode);
            Assert.Empty(await response.Content.ReadAsStringAsync(Stop));
            Assert.False(response.Headers.Contains("set-cookie"));
        }
    }

    [Theory]
    [InlineData("""{"secret":"wrong"}""", 401)]
    [InlineData("""{"secret":""}""", 401)]
    [InlineData("{}", 401)]
    [InlineData("null", 400)]
    [InlineData("{", 400)]
    [InlineData("""{"secret":1}""", 400)]
    [InlineData("", 400)]
    public async Task What_is_no_secret_is_refused(string body, int status) =>
        Assert.Equal(status, (int)(await server.PostTextAsync("/session", body)).StatusCode);

    [Fact]
    public async Task A_body_that_is_too_long_and_other_methods_are_refused()
    {
        var longBody = await server.PostTextAsync("/session", $$"""{"secret":"{{new string('a', 2000)}}"}""");
        using var read = await server.Client.GetAsync("/session", Stop);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, longBody.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, read.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page.js")]
    [InlineData("/session")]
    public async Task Another_name_of_the_machine_does_not_lead_to_the_page(string path)
    {
        foreach (var host in new[] { $"evil.example:{server.Client.BaseAddress!.Port}", "127.0.0.1:1", "localhost" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
            using var response = await server.Client.SendAsync(request, Stop);

            Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
            Assert.Empty(await response.Content.ReadAsStringAsync(Stop));
        }
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/page.css", "text/css; charset=utf-8")]
    [InlineData("/page.js", "text/javascript; charset=utf-8")]
    public async Task The_files_come_with_headers_that_let_nothing_else_in(string path, string type)
    {
        using var response = await server.Client.GetAsync(path, Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                + "form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
            response.Headers.GetValues("content-security-policy").Single()
        );
        Assert.Equal("nosniff", response.Headers.GetValues("x-content-type-options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("referrer-policy").Single());
        Assert.Equal("same-origin", response.Headers.GetValues("cross-origin-opener-policy").Single());
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_server_that_is_served_has_no_page()
    {
        var folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");
        try
        {
            var data = new Dictionary<string, string> { ["VIBE_DATA"] = Path.Combine(folder.FullName, "data") };
            await Running.RunAsync(folder.FullName, data, "migrate");
            await using var served = Running.Start(folder.FullName, data, "serve", "--port", "0", "--json");
            var web = JsonElement.Parse(await served.LineAsync()).GetProperty("web").GetString()!;
            using var client = new HttpClient { BaseAddress = new Uri(web) };
            using var html = await client.GetAsync("/", Stop);
            using var session = await client.PostAsync("/session", new StringContent("{}"), Stop);

            Assert.Equal(HttpStatusCode.NotFound, html.StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, session.StatusCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_an_account_it_says_how_to_add_one()
    {
        var folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");
        try
        {
            var data = new Dictionary<string, string> { ["VIBE_DATA"] = Path.Combine(folder.FullName, "data") };
            await using var dev = Running.Start(folder.FullName, data, "dev", "--port", "0");
            var line = await dev.LineAsync(line => line.StartsWith("page", StringComparison.Ordinal));

            Assert.SkipWhen(line.Contains("tools/web", StringComparison.Ordinal), "The page was not built.");
            Assert.Contains($"vibe account add NAME --data {data["VIBE_DATA"]}", line, StringComparison.Ordinal);
            Assert.DoesNotContain("#", line, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<string> KeyOfAsync(HttpResponseMessage signedIn) =>
        JsonElement.Parse(await signedIn.Content.ReadAsStringAsync(Stop)).GetProperty("key").GetString()!;
}

/// <summary>A server with its page, and the secret that it printed.</summary>
public sealed class PageServer : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vibe-cli-tests-");
    private Running? _server;

    internal HttpClient Client { get; } = new(new HttpClientHandler { UseCookies = false });

    internal string Secret { get; private set; } = "";

    internal static async Task<PageServer> StartAsync()
    {
        var server = new PageServer();
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        _server = Running.Start(_folder.FullName, "dev", "--seed", "sandbox", "--port", "0", "--ephemeral");
        var line = await _server.LineAsync(line => line.StartsWith("page", StringComparison.Ordinal));
        Assert.SkipWhen(line.Contains("tools/web", StringComparison.Ordinal), "The page was not built.");
        var address = new Uri(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Client.BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority));
        Secret = address.Fragment[1..];
    }

    internal Task<HttpResponseMessage> SignInAsync(string secret) => PostAsync("/session", new { secret });

    internal Task<HttpResponseMessage> PostTextAsync(string path, string body) =>
        SendAsync(path, body, "own", "same-origin", "application/json", null);

    /// <summary>Posts as the page would, unless something else is said.</summary>
    internal Task<HttpResponseMessage> PostAsync(
        string path,
        object body,
        string? origin = "own",
        string? site = "same-origin",
        string type = "application/json",
        string? cookie = null
    ) => SendAsync(path, JsonSerializer.Serialize(body), origin, site, type, cookie);

    internal async Task<string> GetAsync(string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Terminate();
            await _server.EndAsync();
            await _server.DisposeAsync();
        }
        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<HttpResponseMessage> SendAsync(
        string path,
        string body,
        string? origin,
        string? site,
        string type,
        string? cookie
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body))
            {
                Headers = { ContentType = new MediaTypeHeaderValue(type) },
            },
        };
        Add("origin", origin == "own" ? Client.BaseAddress!.GetLeftPart(UriPartial.Authority) : origin);
        Add("sec-fetch-site", site);
        Add("cookie", cookie);
        return await Client.SendAsync(request);

        void Add(string name, string? value)
        {
            if (value is not null)
                request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
