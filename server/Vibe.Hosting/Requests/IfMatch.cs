using Grpc.Core;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Requests;

/// <summary>The etag that a change is asked for on condition of: a member of the request, or HTTP's own header for it.</summary>
public static class IfMatch
{
    /// <summary>Reads it; empty where nothing is asked.</summary>
    /// <param name="member">What the request's <c>if_match</c> says.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="VibeException">The header says something else than the member.</exception>
    // The header counts as much as the member. A gateway that translates REST hands it on with a call that looks like gRPC:
    // passed over there, a condition would be lost in silence.
    public static string Of(string member, ServerCallContext context)
    {
        var header = context.GetHttpContext().Request.Headers.IfMatch.ToString().Trim();
        var etag = header is ['"', .. var quoted, '"'] ? quoted : header;
        if (etag.Length > 0 && member.Length > 0 && etag != member)
            throw CallErrors.FieldInvalid("if_match", "it contradicts the header If-Match.");
        return etag.Length > 0 ? etag : member;
    }
}
