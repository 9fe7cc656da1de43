using Microsoft.AspNetCore.Http;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Rates;

/// <summary>
/// How many calls a second come in: of an address, of those at an address who have no valid token, of an app that acts for a
/// person, and of a person. A call counts as one, whatever is in it: a stream when it is opened, a batch by itself, since it is one
/// transaction and has a ceiling of its own. Who is counted is known by then: buckets of people and apps are reached by a
/// verified token alone, so nobody empties another's.
/// </summary>
internal sealed class CallRates(Limits limits, TimeProvider time)
{
    private readonly Bucket<Network>? _addresses = Of<Network>("address", limits.AddressRate, limits, time);
    private readonly Bucket<Network>? _strangers = Of<Network>("stranger", limits.StrangerRate, limits, time);
    private readonly Bucket<(string, string, string?)>? _apps = Of<(string, string, string?)>(
        "app",
        limits.AppRate,
        limits,
        time
    );
    private readonly Bucket<string>? _people = Of<string>("person", limits.PersonRate, limits, time);

    /// <summary>Counts a call for the address that it comes from.</summary>
    public Task ByAddressAsync(HttpContext context, RequestDelegate next) =>
        _addresses is null ? next(context) : CountAsync(_addresses, Network.Of(context), context, next);

    /// <summary>
    /// Counts a call whose token is still to be verified, or that has none. It counts before its signature costs anything;
    /// for who turns out to be known, it has not counted (<see cref="KnownAsync"/>).
    /// </summary>
    public Task ByStrangerAsync(HttpContext context, RequestDelegate next) =>
        _strangers is null ? next(context) : CountAsync(_strangers, Network.Of(context), context, next);

    /// <summary>Takes back what was counted for a stranger whose token is good.</summary>
    public Task KnownAsync(HttpContext context, RequestDelegate next)
    {
        if (_strangers is not null && Caller.Of(context) is not null)
            _strangers.Tokens.GiveBack(Network.Of(context));
        return next(context);
    }

    /// <summary>Counts a call for its app and its person.</summary>
    public Task ByCallerAsync(HttpContext context, RequestDelegate next)
    {
        if (Caller.Of(context) is not { } caller)
            return next(context);
        if (!caller.IsFirstParty && _apps is not null)
        {
            var standing = _apps.Tokens.Take((caller.Person, caller.Client, caller.Grant));
            _apps.State(context.Response, standing);
            if (!standing.IsIn)
                return Refusal.WriteAsync(context, _apps.Exceeded(standing));
        }
        if (_people is not null)
        {
            var standing = _people.Tokens.Take(caller.Person);
            // How much others do for the person is not an app's to know.
            if (caller.IsFirstParty)
                _people.State(context.Response, standing);
            if (!standing.IsIn)
                return Refusal.WriteAsync(context, _people.Exceeded(standing));
        }
        return next(context);
    }

    private static Task CountAsync(Bucket<Network> bucket, Network network, HttpContext context, RequestDelegate next)
    {
        var standing = bucket.Tokens.Take(network);
        return standing.IsIn ? next(context) : Refusal.WriteAsync(context, bucket.Exceeded(standing));
    }

    private static Bucket<TName>? Of<TName>(string name, int rate, Limits limits, TimeProvider time)
        where TName : notnull =>
        rate == 0
            ? null
            : new Bucket<TName>(name, rate, limits.RateWindow, new TokenBuckets<TName>(rate, limits.RateWindow, time));

    /// <summary>One kind of bucket, and what callers are told of it.</summary>
    private sealed record Bucket<TName>(string Name, int Rate, TimeSpan Window, TokenBuckets<TName> Tokens)
        where TName : notnull
    {
        private readonly string _policy = RateHeaders.PolicyOf(Name, Tokens.Size, Window);

        /// <summary>Says how much is left once that is less than half: until then nobody has to do anything about it.</summary>
        public void State(HttpResponse response, Standing standing)
        {
            if (standing.Left * 2 < Tokens.Size)
                RateHeaders.Write(response, Name, _policy, standing);
        }

        public VibeException Exceeded(Standing standing) => CallErrors.RateExceeded(Name, Rate, standing.Wait);
    }
}
