"""How keeping can fail.

AssistantError
├── StoreUnavailable         the database doesn't answer, or is not one of ours  (HTTP 503)
│   ├── StoreFull            there is no room to write                           (HTTP 507)
│   └── StoreDamaged         the file can't be read: names it and the repair     (HTTP 503)
└── InputError
    ├── UnknownConversation  none of this owner's has the id                     (HTTP 404)
    └── KeyReused            an idempotency key came back for another answer     (HTTP 409)
"""

from __future__ import annotations

from assistant.errors import AssistantError, InputError


class StoreUnavailable(AssistantError):
    """The database can't be used now. ``message`` and ``remedy`` are for any caller of a server.

    ``str(error)`` also names the database's ``place``, for whoever runs it; ``located`` is the message with it.
    """

    def __init__(self, message: str, remedy: str = "", place: object = "") -> None:
        super().__init__(message, remedy)
        self.located = f"{message.removesuffix('.')} ({place})." if str(place) else message
        self.args = (f"{self.located} {remedy}".strip(),)


class StoreFull(StoreUnavailable):
    """The database has no room to write; what it holds is intact."""


class StoreDamaged(StoreUnavailable):
    """The database can't be read."""


class UnknownConversation(InputError):
    """No conversation of this owner has the id, be it somebody else's or nobody's."""


class KeyReused(InputError):
    """An idempotency key was used before, for another answer."""
