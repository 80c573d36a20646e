"""Questions, and the real openai client at an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chat_server import ChatServer
from openai import OpenAI

QUESTIONS = (
    "When is fine-tuning worth it?",
    "What does LoRA cost?",
    "Should I try prompting before fine-tuning?",
    "How does retrieval help with facts?",
    "What are the risks of fine-tuning?",
)


@dataclass
class Modelled:
    """A server whose chat model is ``chat``, and its address."""

    chat: ChatServer
    address: str


@contextmanager
def client_at(address: str, **headers: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{address}v1", api_key="unused", max_retries=0, default_headers=headers) as opened:
        yield opened
