using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Rates;

/// <summary>
/// The headers of draft-ietf-httpapi-ratelimit-headers-10: <c>RateLimit-Policy: "app";q=10000;w=10</c> says how many calls a
/// bucket holds and in how many seconds it fills, <c>RateLimit: "app";r=50;t=9</c> how many are left, and in how many seconds
/// it is full again.
/// </summary>
internal static class RateHeaders
{
    /// <summary>The header that says what is left.</summary>
    public const string Left = "RateLimit";

    /// <summary>The header that says what there is at most.</summary>
    public const string Policy = "RateLimit-Policy";

    public static string PolicyOf(string bucket, long size, TimeSpan window) =>
        FormattableString.Invariant($"\"{bucket}\";q={size};w={Seconds(window)}");

    public static void Write(HttpResponse response, string bucket, string policy, Standing standing)
    {
        response.Headers[Policy] = policy;
        response.Headers[Left] = FormattableString.Invariant(
            $"\"{bucket}\";r={standing.Left};t={Seconds(standing.UntilFull)}"
        );
    }

    /// <summary>Whole seconds, as headers have them, and never too few.</summary>
    public static long Seconds(TimeSpan span) => (long)Math.Ceiling(span.TotalSeconds);
}
