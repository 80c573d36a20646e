"""What is kept: conversations, where a setting says so, and feedback, as its senders submit it."""

from assistant.store.records import (
    Conversation,
    Exchange,
    Feedback,
    Headline,
    Rating,
    Recorded,
    Removed,
    Status,
)
from assistant.store.store import Store

__all__ = [
    "Conversation",
    "Exchange",
    "Feedback",
    "Headline",
    "Rating",
    "Recorded",
    "Removed",
    "Status",
    "Store",
]
