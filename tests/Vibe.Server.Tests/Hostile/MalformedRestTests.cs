using System.Text;
using Vibe.Server.Tests.Door;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>What no client would send over REST: paths, queries, methods, bodies and heads that are not as they must be.</summary>
public sealed class MalformedRestTests(ITestOutputHelper output)
{
    private const string Any = "";
    private const string Malformed = "MESSAGE_MALFORMED";
    private const string Unsupported = "ENCODING_UNSUPPORTED";
    private const string Unknown = "METHOD_UNKNOWN";
    private const string Json = "application/json";
    private const string Movies = "/v1/spaces/me/collections/movies";
    private const string Documents = $"{Movies}/documents";
    private const string M1 = $"{Documents}/m1";

    private sealed record Case(
        string Class,
        string Verb,
        string Target,
        string Reason,
        byte[]? Body = null,
        string Type = Json,
        string More = ""
    );

    private static IEnumerable<Case> Cases()
    {
        foreach (var dots in new[] { ".", "..", "%2e", "%2E%2e", ".%2e", "%252e%252e" })
        {
            foreach (var verb in new[] { "GET", "DELETE", "PATCH" })
                yield return new(
                    "dot names",
                    verb,
                    $"{Documents}/{dots}",
                    Any,
                    verb == "PATCH" ? "{}"u8.ToArray() : null
                );
            yield return new("dot names", "POST", $"{Documents}/{dots}:setAcl", Any, "{}"u8.ToArray());
            yield return new("dot names", "POST", $"/v1/spaces/me/collections/{dots}/documents", Any, "{}"u8.ToArray());
            yield return new("dot names", "GET", $"/v1/spaces/{dots}/collections", Any);
            yield return new("dot names", "GET", $"/v1/spaces/me/grants/{dots}/collections", Any);
            yield return new("dot names", "DELETE", $"{Documents}/x/{dots}/m1", Any);
            yield return new("dot names", "GET", $"{Documents}?document_id={dots}", Malformed);
            yield return new("dot names", "POST", $"{Documents}?document_id={dots}", Any, "{\"body\":{}}"u8.ToArray());
        }
        foreach (
            var odd in new[]
            {
                "%00",
                "%",
                "%zz",
                "a%2Fb",
                "a%5Cb",
                "a%0d%0ab",
                "%c0%af",
                "%ed%a0%80",
                "%F0%9F",
                "a;b",
                "a//b",
            }
        )
        {
            yield return new("odd paths", "GET", $"{Documents}/{odd}", Any);
            yield return new("odd paths", "DELETE", $"{Documents}/{odd}", Any);
        }
        foreach (
            var path in new[]
            {
                "/",
                "//",
                "/v1",
                "/v1/",
                "/v1/spaces",
                $"{M1}/",
                $"{M1}:nothing",
                $"/V1{M1[3..]}x",
                "*",
                $"/{M1}",
            }
        )
            yield return new("odd paths", "GET", path, Any);

        var many = string.Join('&', Enumerable.Range(0, 100).Select(number => $"p{number}=x"));
        yield return new("queries", "GET", $"{Documents}?{many}", Malformed);
        yield return new(
            "queries",
            "GET",
            $"{Documents}?{string.Join('&', Enumerable.Range(0, 1500).Select(n => $"{n}"))}",
            Any
        );
        yield return new("queries", "GET", $"{Documents}?unknown=1", Malformed);
        yield return new("queries", "DELETE", $"{M1}?if_macth=x", Malformed);
        yield return new("queries", "GET", $"{Documents}?page_size=1&page_size=2", Malformed);
        yield return new("queries", "GET", $"{Documents}?page_size=1&pageSize=2", Malformed);
        yield return new("queries", "DELETE", $"{M1}?if_match=a&if_match=b", Malformed);
        yield return new(
            "queries",
            "POST",
            $"{Documents}?document_id=a&document_id=b",
            Malformed,
            "{\"body\":{}}"u8.ToArray()
        );
        yield return new(
            "queries",
            "GET",
            $"{Documents}?consistency_tokens=a&consistency_tokens=b",
            "CONSISTENCY_TOKEN_INVALID"
        );
        foreach (var value in new[] { "abc", "99999999999", "1.5", "1e1", "", "-1", "0x1", "%00", "+1" })
            yield return new("queries", "GET", $"{Documents}?page_size={value}", Any);
        foreach (var value in new[] { "maybe", "1", "TRUEx", "%00" })
            yield return new("queries", "DELETE", $"{Documents}/none?allow_missing={value}", Malformed);
        foreach (
            var query in new[]
            {
                "scope=1",
                "scope.x=1",
                "scope.collection.x=1",
                "scope.collection=spaces/x/collections/y",
                "scope.",
            }
        )
            yield return new("queries", "GET", $"{Movies}:pull?{query}", Malformed);
        yield return new("queries", "POST", $"{Documents}?document.body=1", Malformed, "{\"body\":{}}"u8.ToArray());
        yield return new("queries", "POST", $"{Documents}?document.name=x", Malformed, "{\"body\":{}}"u8.ToArray());
        yield return new(
            "queries",
            "POST",
            $"{Documents}?parent=spaces/me/collections/x",
            Malformed,
            "{\"body\":{}}"u8.ToArray()
        );
        yield return new("queries", "GET", $"{M1}?name=spaces/me/collections/movies/documents/m2", Malformed);
        yield return new("queries", "POST", "/v1/spaces/me:batchWrite?idempotency_key=x", Malformed, "{}"u8.ToArray());
        yield return new("queries", "PATCH", $"/v1/spaces/me/grants/x?update_mask=%00,a.b..c", Any, "{}"u8.ToArray());
        yield return new("queries", "GET", $"{Documents}?page_token=%ff%fe", Any);
        yield return new("queries", "GET", $"{Documents}?=x&&&=&%", Any);

        foreach (var verb in new[] { "HEAD", "OPTIONS", "TRACE", "PUT", "CONNECT", "PROPFIND", "get", "PRI", "X" })
            yield return new("methods", verb, verb == "CONNECT" ? "localhost:80" : Documents, Any);
        yield return new("methods", "OPTIONS", "*", Any);
        yield return new("methods", "PUT", M1, Unknown, "{}"u8.ToArray());
        yield return new("methods", "POST", M1, Unknown, "{}"u8.ToArray());

        yield return new("bodies", "GET", M1, Malformed, "{\"a\":1}"u8.ToArray());
        yield return new("bodies", "GET", M1, Any, "not json"u8.ToArray());
        yield return new("bodies", "GET", M1, Any, new byte[100_000]);
        yield return new("bodies", "DELETE", $"{Documents}/none", Malformed, "{\"if_match\":\"x\"}"u8.ToArray());
        yield return new("bodies", "POST", "/v1/spaces/me/grants/x:revoke", Malformed, "{\"a\":1}"u8.ToArray());
        foreach (
            var (verb, target) in new[]
            {
                ("POST", Documents),
                ("PATCH", M1),
                ("POST", "/v1/spaces/me:batchWrite"),
                ("POST", "/v1/sync:subscribe"),
                ("POST", "/v1/apps"),
                ("POST", $"{M1}:setAcl"),
            }
        )
        {
            // Nothing at all is the same as an empty message; a list without anybody is what an owner may set.
            if (!target.EndsWith(":setAcl", StringComparison.Ordinal))
            {
                yield return new("empty bodies", verb, target, Any);
                yield return new("empty bodies", verb, target, Any, []);
            }
            foreach (
                var body in new[]
                {
                    " ",
                    "null",
                    "1",
                    "\"a\"",
                    "[]",
                    "{",
                    "{}x",
                    "\ufeff{}",
                    "{\"\":1}",
                    "{\"body\":{},\"body\":{}}",
                    "{\"a\":null}",
                }
            )
                yield return new("bodies", verb, target, Any, Encoding.UTF8.GetBytes(body));
            yield return new("bodies", verb, target, Any, "{\"a\":\"\xff\xfe\"}"u8.ToArray());
            yield return new("over-deep", verb, target, Any, Encoding.UTF8.GetBytes($"{{\"body\":{Deep(200)}}}"));
            yield return new("over-deep", verb, target, Any, Encoding.UTF8.GetBytes(Deep(100_000)));
            yield return new("over-deep", verb, target, Any, Encoding.UTF8.GetBytes(new string('[', 100_000)));
            yield return new("wrong content types", verb, target, Malformed, "{}"u8.ToArray(), "text/plain");
            yield return new("wrong content types", verb, target, Malformed, "{}"u8.ToArray(), "");
            yield return new(
                "wrong content types",
                verb,
                target,
                Malformed,
                "{}"u8.ToArray(),
                "application/x-www-form-urlencoded"
            );
            yield return new("wrong content types", verb, target, Malformed, "{}"u8.ToArray(), "nonsense");
            foreach (var charset in new[] { "utf-16", "iso-8859-1", "utf-7", "nonsense" })
                yield return new(
                    "wrong encodings",
                    verb,
                    target,
                    Malformed,
                    "{}"u8.ToArray(),
                    $"{Json}; charset={charset}"
                );
            yield return new(
                "wrong encodings",
                verb,
                target,
                Any,
                Encoding.Unicode.GetBytes("{}"),
                $"{Json}; charset=utf-16"
            );
            yield return new(
                "wrong encodings",
                verb,
                target,
                Unsupported,
                "{}"u8.ToArray(),
                Json,
                "content-encoding: gzip\r\n"
            );
            yield return new(
                "wrong encodings",
                verb,
                target,
                Any,
                "zz\r\n"u8.ToArray(),
                Json,
                "transfer-encoding: chunked\r\n"
            );
            yield return new("wrong encodings", verb, target, Any, "{}"u8.ToArray(), Json, "content-length: x\r\n");
        }
        foreach (
            var value in new[]
            {
                "7",
                "\"x\"",
                "[]",
                "[1]",
                "{\"allow\":7}",
                "{\"allow\":[{\"operations\":[\"OPERATION_NO\"]}]}",
                "{\"allow\":[{\"operations\":[99]}]}",
                "{\"allow\":[null]}",
            }
        )
            yield return new("wrong types", "POST", $"{M1}:setAcl", Any, Encoding.UTF8.GetBytes(value));
        foreach (
            var value in new[]
            {
                "{\"json\":\"***\"}",
                "{\"json\":7}",
                "{\"name\":{}}",
                "{\"createTime\":\"now\"}",
                "{\"acl\":\"x\"}",
                "{\"body\":{},\"json\":\"e30=\"}",
                "{\"@type\":\"x\"}",
            }
        )
            yield return new("wrong types", "POST", Documents, Any, Encoding.UTF8.GetBytes(value));

        foreach (var size in new[] { 7_000, 40_000 })
            yield return new("huge headers", "GET", M1, Any, null, Json, $"x-large: {new string('x', size)}\r\n");
        yield return new(
            "huge headers",
            "GET",
            M1,
            Any,
            null,
            Json,
            string.Concat(Enumerable.Range(0, 90).Select(n => $"x-{n}: y\r\n"))
        );
        yield return new(
            "huge headers",
            "GET",
            M1,
            Any,
            null,
            Json,
            string.Concat(Enumerable.Range(0, 200).Select(n => $"x-{n}: y\r\n"))
        );
        yield return new("huge headers", "GET", $"{Documents}/{new string('x', 7000)}", Any);
        yield return new("huge headers", "GET", $"{Documents}/{new string('x', 20_000)}", Any);
        yield return new("broken headers", "GET", M1, Any, null, Json, "x: a\0b\r\n");
        yield return new("broken headers", "GET", M1, Any, null, Json, "no colon\r\n");
        yield return new("broken headers", "GET", M1, Any, null, Json, "accept: application/xml\r\n");
        yield return new("broken headers", "GET", M1, Any, null, Json, "host: other\r\n");
        yield return new("broken headers", "POST", M1, Unknown, null, Json, "x-http-method-override: DELETE\r\n");
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task What_is_broken_is_refused_with_a_reason_and_leaves_nothing(Engine engine)
    {
        var tally = new Tally();
        using var connections = new OpenConnections();
        await using var server = await VibeServer.StartAsync(engine);
        using var wire = new Wire(server);
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1", """{"a":1}""");
        var (_, token) = await alice.Own.PullAsync(alice.Collection("movies"));
        foreach (var item in Cases())
        {
            var errors = server.Errors.Count;
            var before = await Remains.OfAsync(server);
            var answer = await wire.RestAsync(alice.Own.Token, item.Verb, item.Target, item.Body, item.Type, item.More);
            if (!answer.IsOk && before != await Remains.OfAsync(server))
                tally.Blame(item.Class, "Rest", item.Target, $"{answer.Word} left something");
            // To HEAD there is no body that could carry a reason.
            var flaw = item.Verb == "HEAD" && answer.Http is >= 400 and < 500 ? null : answer.Flaw();
            if (flaw is null && item.Reason.Length > 0 && answer.Word != item.Reason)
                flaw = $"{answer.Word} instead of {item.Reason}";
            if (server.Errors.Count > errors)
                flaw = $"{flaw} logged {server.Errors.Skip(errors).First()}";
            if ((await alice.Own.PullAsync(alice.Collection("movies"), token)).Changes is { Count: > 0 } changes)
            {
                flaw = $"{flaw} {answer.Word} changed {changes[0].DocumentId}";
                (_, token) = await alice.Own.PullAsync(alice.Collection("movies"));
            }
            var what = $"{item.Verb} {item.Target} {item.Type} {item.More} {Encoding.UTF8.GetString(item.Body ?? [])}";
            tally.Count(item.Class, "Rest", answer, what.Length > 140 ? what[..140] : what, flaw);
        }
        await Remains.NothingOpenAsync(server);
        await connections.FallToAsync(server.WebAddress, 0);
        tally.Report(output);
    }

    private static string Deep(int levels) =>
        string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);
}
