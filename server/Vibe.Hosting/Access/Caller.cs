using System.Globalization;
using System.Security.Claims;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Access;

/// <summary>Who calls, as the access token says: a person, the program that acts for the person, and its grant.</summary>
/// <param name="Person">The person's DID.</param>
/// <param name="Client">The app's id, or <c>vibe</c> in a first-party session.</param>
/// <param name="Grant">The id of the grant that the token names, in the person's own space.</param>
/// <param name="ExpiresAt">When the token ends.</param>
public sealed record Caller(string Person, string Client, string? Grant, DateTimeOffset ExpiresAt)
{
    /// <summary>The client id of first-party sessions; nobody can register it.</summary>
    public const string FirstPartyClient = "vibe";

    /// <summary>What every DID of this platform begins with; the rest names account and space.</summary>
    public const string DidPrefix = "did:vibe:";

    /// <summary>
    /// Whether the person acts without an app. A positive claim: a token that merely lacks a grant is an app's without
    /// one.
    /// </summary>
    public bool IsFirstParty => Client == FirstPartyClient && Grant is null;

    /// <summary>The id of the person's account and own space.</summary>
    public string Home => Person[DidPrefix.Length..];

    /// <summary>The caller of an rpc that the door let in with a token.</summary>
    public static Caller Of(ServerCallContext context) =>
        Of(context.GetHttpContext())
        ?? throw new InvalidOperationException($"{context.Method} was reached without a token.");

    /// <summary>The caller of a request, or nothing when it carries no valid token.</summary>
    public static Caller? Of(HttpContext context)
    {
        if (context.Features.Get<Caller>() is { } known)
            return known;
        if (From(context.User) is not { } caller)
            return null;
        context.Features.Set(caller);
        return caller;
    }

    /// <summary>Reads a caller from the claims of a verified token.</summary>
    public static Caller? From(ClaimsPrincipal user)
    {
        var person = user.FindFirst("sub")?.Value;
        var client = user.FindFirst("client_id")?.Value;
        var expiry = user.FindFirst("exp")?.Value;
        if (person is null || client is null || expiry is null)
            return null;
        if (!person.StartsWith(DidPrefix, StringComparison.Ordinal) || person.Length == DidPrefix.Length)
            return null;
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(long.Parse(expiry, CultureInfo.InvariantCulture));
        return new Caller(person, client, user.FindFirst("gid")?.Value, expiresAt);
    }

    /// <summary>Says which kind of caller it is and nothing that identifies anybody.</summary>
    public override string ToString() => IsFirstParty ? "a person" : "an app";
}
