using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Vibe.Server.Tests.Door;
using Vibe.Testing;

namespace Vibe.Server.Tests.Reference;

/// <summary>The OpenAPI document and the page that shows it, as anybody gets them.</summary>
public sealed partial class RestReferenceTests(ReferenceServer fixture) : IClassFixture<ReferenceServer>
{
    private const string Document = "/openapi.json";
    private const string Page = "/reference";

    [Fact]
    public async Task The_document_is_that_of_the_contract()
    {
        using var client = fixture.Server.Nobody.Rest();

        using var answer = await client.GetAsync(Document);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(Repository.Read("sdk/generated/openapi/vibe.json"), await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Whoever_has_the_document_is_told_so()
    {
        using var client = fixture.Server.Nobody.Rest();
        using var first = await client.GetAsync(Document);
        using var again = new HttpRequestMessage(HttpMethod.Get, Document);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var other = new HttpRequestMessage(HttpMethod.Get, Document);
        other.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"other\""));

        using var known = await client.SendAsync(again);
        using var changed = await client.SendAsync(other);

        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
    }

    [Theory]
    [InlineData(Document)]
    [InlineData(Page)]
    [InlineData(Page + "/scalar.js")]
    public async Task Who_asks_for_the_head_alone_gets_no_body(string path)
    {
        using var client = fixture.Server.Nobody.Rest();
        using var whole = await client.GetAsync(path);
        using var question = new HttpRequestMessage(HttpMethod.Head, path);

        using var head = await client.SendAsync(question);

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(whole.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("gzip, br", true)]
    [InlineData("br, *", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("br", false)]
    [InlineData(null, false)]
    public async Task Who_takes_it_compressed_gets_it_so(string? takes, bool isCompressed)
    {
        using var client = fixture.Server.Nobody.Rest();
        foreach (var path in new[] { Document, Page + "/scalar.js" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (takes is not null)
                request.Headers.TryAddWithoutValidation("accept-encoding", takes);

            using var answer = await client.SendAsync(request);

            Assert.Equal(isCompressed ? ["gzip"] : [], answer.Content.Headers.ContentEncoding);
            Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
            var sent = await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal(await client.GetByteArrayAsync(path), isCompressed ? Expanded(sent) : sent);
        }
    }

    [Fact]
    public async Task The_page_takes_everything_from_the_server_and_may_take_nothing_from_elsewhere()
    {
        using var client = fixture.Server.Nobody.Rest();
        using var answer = await client.GetAsync(Page);
        var html = await answer.Content.ReadAsStringAsync();

        var links = Link().Matches(html).Select(link => link.Groups[1].Value).Distinct().ToList();

        Assert.Contains("reference/scalar.js", links);
        Assert.All(links, link => Assert.Matches("^(reference/|openapi.json|data:)", link));
        foreach (var link in links.Where(link => !link.StartsWith("data:", StringComparison.Ordinal)))
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"/{link}")).StatusCode);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        var policy = Assert.Single(answer.Headers.GetValues("content-security-policy")).Split("; ");
        Assert.Superset(
            new HashSet<string>
            {
                "default-src 'none'",
                "script-src 'self'",
                "connect-src 'self'",
                "img-src data:",
                "frame-ancestors 'none'",
                "base-uri 'none'",
            },
            policy.ToHashSet()
        );
        Assert.DoesNotContain(policy, directive => directive.Contains("allow-same-origin", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST", Document)]
    [InlineData("DELETE", Page)]
    [InlineData("GET", Page + "/other.js")]
    [InlineData("GET", Page + "/scalar.js/x")]
    [InlineData("GET", "/openapi.yaml")]
    [InlineData("GET", "/scalar")]
    public async Task Nothing_else_is_there(string method, string path)
    {
        using var client = fixture.Alice.Own.Rest();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("METHOD_UNKNOWN", Protocols.ReasonIn(await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_server_of_one_role_has_them_as_well_also_in_production_and_over_http2()
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                EnvironmentName = Environments.Production,
                Settings = new Dictionary<string, string?> { ["Vibe:Roles"] = "sync" },
            }
        );
        using var client = new HttpClient
        {
            BaseAddress = server.GrpcAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Document)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Page)).StatusCode);
    }

    private static byte[] Expanded(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Link();
}
