use std::time::Duration;

/// How often and how fast the client tries again after a failure that may pass: a lost connection, a server that is
/// busy or about to stop. A delay that the server names always wins over the ones given here.
///
/// ```
/// use std::time::Duration;
/// use vibespace::RetryPolicy;
///
/// let patient = RetryPolicy::new().max_attempts(10).base_delay(Duration::from_millis(100));
/// ```
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl RetryPolicy {
    /// Tries a call five times, 250 milliseconds doubling to 30 seconds apart.
    #[must_use]
    pub fn new() -> Self {
        Self { max_attempts: 5, base_delay: Duration::from_millis(250), max_delay: Duration::from_secs(30) }
    }

    /// Tries a call once. Subscriptions still reconnect by themselves.
    #[must_use]
    pub fn none() -> Self {
        Self::new().max_attempts(1)
    }

    /// How often a call is tried in all, the first time included; 5 unless set, and once at least. Subscriptions try
    /// for ever.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The longest first delay; 250 milliseconds unless set. It doubles with each attempt, and the real delay is drawn
    /// between zero and that.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Where doubling stops; 30 seconds unless set.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    pub(crate) fn allows_another_after(&self, attempts: u32) -> bool {
        attempts < self.max_attempts
    }

    /// Draws the delay after a number of failures in a row, by a number from 0 up to 1.
    pub(crate) fn delay_after(&self, failures: u32, draw: f64) -> Duration {
        let doubled = self.base_delay.saturating_mul(1 << failures.saturating_sub(1).min(30));
        doubled.min(self.max_delay).mul_f64(draw)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_their_bound_and_are_drawn_below_it() {
        let policy = RetryPolicy::new();
        assert_eq!(policy.delay_after(1, 1.0), Duration::from_millis(250));
        assert_eq!(policy.delay_after(3, 0.5), Duration::from_millis(500));
        assert_eq!(policy.delay_after(8, 1.0), Duration::from_secs(30));
        assert_eq!(policy.delay_after(u32::MAX, 0.0), Duration::ZERO);
    }

    #[test]
    fn a_call_is_tried_once_at_least() {
        assert!(!RetryPolicy::new().max_attempts(0).allows_another_after(1));
        assert!(RetryPolicy::new().allows_another_after(4));
        assert!(!RetryPolicy::new().allows_another_after(5));
    }
}
