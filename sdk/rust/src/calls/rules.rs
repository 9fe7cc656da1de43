//! The one table of failures and what follows, for calls and for following.

use tonic::Code;

use crate::{Error, Reason, RetryPolicy};

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// Tell the caller.
    Fail,
    /// Try again after a delay.
    Again,
    /// Try again with a new access token.
    WithNewToken,
    /// Try again without the consistency tokens that the client quoted by itself.
    WithoutTokens,
    /// Begin a subscription anew, without its resume token.
    Anew,
}

pub(crate) fn for_call(error: &Error, attempts: u32, retry: &RetryPolicy, is_renewed: bool) -> NextStep {
    if error.is_misuse() {
        NextStep::Fail
    } else if error.code() == Code::Unauthenticated {
        if is_renewed { NextStep::Fail } else { NextStep::WithNewToken }
    } else if is_lost_token(error) {
        NextStep::WithoutTokens
    } else if !retry.allows_another_after(attempts) || error.is(&Reason::TOO_MANY_STREAMS) {
        NextStep::Fail
    } else if may_pass(error) || error.is(&Reason::OUTCOME_UNKNOWN) {
        NextStep::Again
    } else {
        NextStep::Fail
    }
}

pub(crate) fn for_following(error: &Error, is_renewed: bool, has_resume_token: bool) -> NextStep {
    if error.is_misuse() {
        return NextStep::Fail;
    }
    match error.code() {
        Code::Unauthenticated if is_renewed => NextStep::Fail,
        Code::Unauthenticated => NextStep::WithNewToken,
        _ if error.is(&Reason::RESUME_TOKEN_INVALID) => {
            if has_resume_token {
                NextStep::Anew
            } else {
                NextStep::Fail
            }
        }
        _ if is_lost_token(error) => NextStep::WithoutTokens,
        _ if may_pass(error) || error.is(&Reason::TOO_MANY_STREAMS) => NextStep::Again,
        Code::Internal | Code::Unknown => NextStep::Again,
        // Nobody set a deadline and nobody cancelled: something between here and the server cut the stream.
        Code::Cancelled | Code::DeadlineExceeded if error.reason().is_none() => NextStep::Again,
        _ => NextStep::Fail,
    }
}

/// True when a write that ended so may have been carried out.
pub(crate) fn leaves_outcome_open(error: &Error) -> bool {
    error.is(&Reason::OUTCOME_UNKNOWN)
        || (error.reason().is_none() && error.code() == Code::Unavailable && !error.is_retryable())
}

fn may_pass(error: &Error) -> bool {
    error.code() == Code::Unavailable || (error.code() == Code::ResourceExhausted && error.retry_delay().is_some())
}

/// A token that cannot be read any more would fail every read until the next write: it is dropped like a lost one.
fn is_lost_token(error: &Error) -> bool {
    error.is(&Reason::HISTORY_LOST) || error.is(&Reason::CONSISTENCY_TOKEN_INVALID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: Code, reason: Option<&'static str>) -> Error {
        Error::new(code, reason.map(Reason::from), "")
    }

    #[test]
    fn calls_are_tried_again_only_for_what_may_pass() {
        let retry = RetryPolicy::new();
        let step = |error: &Error| for_call(error, 1, &retry, false);
        assert_eq!(step(&Error::cut("")), NextStep::Again);
        assert_eq!(step(&error(Code::Unavailable, Some("STORAGE_UNAVAILABLE"))), NextStep::Again);
        assert_eq!(step(&error(Code::Unknown, Some("OUTCOME_UNKNOWN"))), NextStep::Again);
        assert_eq!(step(&error(Code::Unauthenticated, None)), NextStep::WithNewToken);
        assert_eq!(step(&error(Code::FailedPrecondition, Some("HISTORY_LOST"))), NextStep::WithoutTokens);
        assert_eq!(step(&error(Code::ResourceExhausted, Some("MESSAGE_TOO_LARGE"))), NextStep::Fail);
        assert_eq!(step(&error(Code::Internal, Some("INTERNAL"))), NextStep::Fail);
        assert_eq!(step(&error(Code::Aborted, Some("ETAG_MISMATCH"))), NextStep::Fail);
        assert_eq!(step(&Error::closed()), NextStep::Fail);
        assert_eq!(for_call(&Error::cut(""), 5, &retry, false), NextStep::Fail);
        assert_eq!(for_call(&error(Code::Unauthenticated, None), 1, &retry, true), NextStep::Fail);
    }

    #[test]
    fn following_goes_on_through_whatever_is_not_final() {
        let step = |error: &Error| for_following(error, false, true);
        assert_eq!(step(&error(Code::Internal, Some("INTERNAL"))), NextStep::Again);
        assert_eq!(step(&error(Code::ResourceExhausted, Some("TOO_MANY_STREAMS"))), NextStep::Again);
        assert_eq!(step(&error(Code::Cancelled, None)), NextStep::Again);
        assert_eq!(step(&error(Code::DeadlineExceeded, Some("DEADLINE_EXCEEDED"))), NextStep::Fail);
        assert_eq!(step(&error(Code::InvalidArgument, Some("RESUME_TOKEN_INVALID"))), NextStep::Anew);
        assert_eq!(step(&error(Code::PermissionDenied, Some("GRANT_REVOKED"))), NextStep::Fail);
        let invalid = error(Code::InvalidArgument, Some("RESUME_TOKEN_INVALID"));
        assert_eq!(for_following(&invalid, false, false), NextStep::Fail);
    }

    #[test]
    fn a_refused_write_was_not_carried_out() {
        let cut_write = Error::cut("").with_retryable(false);
        assert!(leaves_outcome_open(&cut_write));
        assert!(leaves_outcome_open(&error(Code::Unknown, Some("OUTCOME_UNKNOWN"))));
        assert!(!leaves_outcome_open(&error(Code::Unavailable, Some("STORAGE_UNAVAILABLE"))));
        assert!(!leaves_outcome_open(&Error::cut("")));
    }
}
