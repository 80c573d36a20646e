"""Stored conversations and feedback."""

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
