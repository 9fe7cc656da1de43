"""What follows when something that is followed fails, and how long to wait before."""

from .failure import VibeError
from .retry import NextStep, RetryPolicy, for_following


class Recovery:
    """Counts failures in a row, of a stream or of one of its scopes."""

    def __init__(self, retry: RetryPolicy) -> None:
        self.failures = 0
        self._retry = retry
        self._is_renewed = False

    def fail(self, error: VibeError, draw: float) -> tuple[NextStep, float]:
        """Says what to do, and after how many seconds; `draw` is a number from 0 up to 1."""
        step = for_following(error, self._is_renewed)
        self.failures += 1
        match step:
            case NextStep.WITH_NEW_TOKEN:
                self._is_renewed = True
                return step, 0.0 if self.failures == 1 else self._retry.delay_after(self.failures, draw)
            case NextStep.AGAIN if error.retry_delay is not None:
                return step, error.retry_delay
            case NextStep.AGAIN:
                return step, self._retry.delay_after(self.failures, draw)
        return step, 0.0

    def opened(self) -> None:
        """The token was taken: one that ends before the first page, on a slow line, is renewed again."""
        self._is_renewed = False

    def progressed(self) -> None:
        """Only now: a stream that opens and ends at once must not make the client try without pause."""
        self.failures = 0
