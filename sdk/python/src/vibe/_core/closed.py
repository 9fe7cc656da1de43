"""A client that was closed."""


class ClosedError(RuntimeError):
    """The client was closed: nothing was sent, and nothing more comes."""

    def __init__(self) -> None:
        super().__init__("The client is closed.")
