"""The client of Vibe: documents in a person's own space. `vibe.aio` has the same for asyncio."""

import pkgutil

# In a checkout the generated packages lie in a folder of their own.
__path__ = pkgutil.extend_path(__path__, __name__)

from ._blocking.client import VibeClient
from ._blocking.collection import Collection
from ._blocking.document import DocumentRef
from ._blocking.listing import Listing
from ._blocking.space import Space, WriteBatch
from ._blocking.subscription import Subscription
from ._core.access_token import AccessToken
from ._core.acl import Acl, AclRule, Operation
from ._core.closed import ClosedError
from ._core.codec import Codec, JsonObject
from ._core.documents import (
    Change,
    ChangePage,
    CollectionSnapshot,
    DocumentSnapshot,
    ListPage,
    RemovalCause,
    WriteResult,
)
from ._core.edit import Edit, pointer
from ._core.failure import (
    ConflictError,
    DeadlineError,
    DeniedError,
    NotFoundError,
    VibeError,
    Violation,
)
from ._core.hooks import CallEvent
from ._core.reason import Reason
from ._core.retry import RetryPolicy

__all__ = [
    "AccessToken",
    "Acl",
    "AclRule",
    "CallEvent",
    "Change",
    "ChangePage",
    "ClosedError",
    "Codec",
    "Collection",
    "CollectionSnapshot",
    "ConflictError",
    "DeadlineError",
    "DeniedError",
    "DocumentRef",
    "DocumentSnapshot",
    "Edit",
    "JsonObject",
    "ListPage",
    "Listing",
    "NotFoundError",
    "Operation",
    "Reason",
    "RemovalCause",
    "RetryPolicy",
    "Space",
    "Subscription",
    "VibeClient",
    "VibeError",
    "Violation",
    "WriteBatch",
    "WriteResult",
    "pointer",
]
