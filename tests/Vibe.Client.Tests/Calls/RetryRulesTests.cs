using Grpc.Core;
using Vibe.Client.Calls;
using Xunit;

namespace Vibe.Client.Tests.Calls;

public sealed class RetryRulesTests
{
    private static readonly RetryPolicy Policy = new();

    public static TheoryData<StatusCode, string?, bool, string, string> Table =>
        new()
        {
            { StatusCode.Unavailable, null, false, "Again", "Again" },
            { StatusCode.Unavailable, "STORAGE_UNAVAILABLE", false, "Again", "Again" },
            { StatusCode.ResourceExhausted, "SPACE_BUSY", true, "Again", "Again" },
            { StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE", false, "Throw", "Throw" },
            { StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", false, "Throw", "Again" },
            { StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", true, "Throw", "Again" },
            { StatusCode.Unauthenticated, "ACCESS_TOKEN_EXPIRED", false, "WithNewToken", "WithNewToken" },
            { StatusCode.FailedPrecondition, "HISTORY_LOST", false, "WithoutTokens", "WithoutTokens" },
            { StatusCode.InvalidArgument, "CONSISTENCY_TOKEN_INVALID", false, "WithoutTokens", "WithoutTokens" },
            { StatusCode.InvalidArgument, "RESUME_TOKEN_INVALID", false, "Throw", "Anew" },
            { StatusCode.Unknown, "OUTCOME_UNKNOWN", false, "Again", "Again" },
            { StatusCode.Internal, "INTERNAL", false, "Throw", "Again" },
            { StatusCode.Unknown, null, false, "Throw", "Again" },
            { StatusCode.Cancelled, null, false, "Throw", "Again" },
            { StatusCode.Aborted, "ETAG_MISMATCH", false, "Throw", "Throw" },
            { StatusCode.PermissionDenied, "GRANT_REVOKED", false, "Throw", "Throw" },
            { StatusCode.PermissionDenied, "GRANT_EXPIRED", false, "Throw", "Throw" },
            { StatusCode.PermissionDenied, "NOT_GRANTED", false, "Throw", "Throw" },
            { StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", false, "Throw", "Throw" },
            { StatusCode.Unimplemented, "METHOD_UNKNOWN", false, "Throw", "Throw" },
            { StatusCode.PermissionDenied, "A_REASON_OF_TOMORROW", false, "Throw", "Throw" },
        };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_failure_has_its_next_step(
        StatusCode code,
        string? reason,
        bool namesDelay,
        string call,
        string following
    )
    {
        var error = new VibeException(code, reason is null ? null : new Reason(reason), "No.")
        {
            RetryDelay = namesDelay ? TimeSpan.FromSeconds(1) : null,
        };

        Assert.Equal(call, RetryRules.ForCall(error, attempts: 1, Policy, isRenewed: false).ToString());
        Assert.Equal(following, RetryRules.ForFollowing(error, isRenewed: false, hasResumeToken: true).ToString());
    }

    [Fact]
    public void A_call_is_tried_as_often_as_the_policy_says()
    {
        var gone = new VibeException(StatusCode.Unavailable, null, "Gone.");

        Assert.Equal(NextStep.Again, RetryRules.ForCall(gone, attempts: 4, Policy, isRenewed: false));
        Assert.Equal(NextStep.Throw, RetryRules.ForCall(gone, attempts: 5, Policy, isRenewed: false));
        Assert.Equal(NextStep.Throw, RetryRules.ForCall(gone, attempts: 1, RetryPolicy.None, isRenewed: false));
    }

    [Fact]
    public void A_token_is_renewed_once()
    {
        var refused = new VibeException(StatusCode.Unauthenticated, Reason.AccessTokenExpired, "Old.");

        Assert.Equal(NextStep.Throw, RetryRules.ForCall(refused, attempts: 1, Policy, isRenewed: true));
        Assert.Equal(NextStep.Throw, RetryRules.ForFollowing(refused, isRenewed: true, hasResumeToken: true));
    }
}
