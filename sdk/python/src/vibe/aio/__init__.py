"""The same client for asyncio. Values and errors are those of `vibe`."""

from .client import VibeClient
from .collection import Collection
from .document import DocumentRef
from .listing import Listing
from .space import Space, WriteBatch
from .subscription import Subscription

__all__ = ["Collection", "DocumentRef", "Listing", "Space", "Subscription", "VibeClient", "WriteBatch"]
