using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>The one table of failures and what follows, for calls and for following.</summary>
internal static class RetryRules
{
    public static NextStep ForCall(VibeException error, int attempts, RetryPolicy retry, bool isRenewed) =>
        error switch
        {
            { Code: StatusCode.Unauthenticated } => isRenewed ? NextStep.Throw : NextStep.WithNewToken,
            _ when IsLostToken(error) => NextStep.WithoutTokens,
            _ when attempts >= retry.MaxAttempts => NextStep.Throw,
            _ when IsTooManyStreams(error) => NextStep.Throw,
            _ when MayPass(error) || error.Reason == Reason.OutcomeUnknown => NextStep.Again,
            _ => NextStep.Throw,
        };

    public static NextStep ForFollowing(VibeException error, bool isRenewed, bool hasResumeToken) =>
        error switch
        {
            { Code: StatusCode.Unauthenticated } => isRenewed ? NextStep.Throw : NextStep.WithNewToken,
            _ when error.Reason == Reason.ResumeTokenInvalid => hasResumeToken ? NextStep.Anew : NextStep.Throw,
            _ when IsLostToken(error) => NextStep.WithoutTokens,
            _ when MayPass(error) || IsTooManyStreams(error) => NextStep.Again,
            { Code: StatusCode.Internal or StatusCode.Unknown } => NextStep.Again,

            // Nobody set a deadline and nobody cancelled: something between here and the server cut the stream.
            { Reason: null, Code: StatusCode.Cancelled or StatusCode.DeadlineExceeded } => NextStep.Again,
            _ => NextStep.Throw,
        };

    /// <summary>True when a write that ended so may have been carried out.</summary>
    public static bool LeavesOutcomeOpen(VibeException error) =>
        error.Reason == Reason.OutcomeUnknown
        || error is { Reason: null, Code: StatusCode.Unavailable, IsRetryable: false };

    /// <summary>
    /// True when writes were refused together for what one of them is: nothing was done, and others may fare otherwise.
    /// </summary>
    public static bool IsForOneOfSeveral(VibeException error) =>
        error is { Reason: not null, RetryDelay: null }
        && error.Code
            is StatusCode.InvalidArgument
                or StatusCode.OutOfRange
                or StatusCode.NotFound
                or StatusCode.AlreadyExists
                or StatusCode.PermissionDenied
                or StatusCode.FailedPrecondition
                or StatusCode.Aborted
                or StatusCode.ResourceExhausted;

    private static bool MayPass(VibeException error) =>
        error.Code == StatusCode.Unavailable
        || (error.Code == StatusCode.ResourceExhausted && error.RetryDelay is not null);

    // A token that cannot be read any more would fail every read until the next write: it is dropped like a lost one.
    private static bool IsLostToken(VibeException error) =>
        error.Reason == Reason.HistoryLost || error.Reason == Reason.ConsistencyTokenInvalid;

    private static bool IsTooManyStreams(VibeException error) => error.Reason == Reason.TooManyStreams;
}
