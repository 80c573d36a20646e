"""Vectors in Chroma: one collection per kind of unit, in a local folder or on a Chroma server."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import numpy as np
from numpy.typing import NDArray

from assistant.errors import ConfigurationError, IndexUnavailable
from assistant.index.units import Unit, UnitKind

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

SERVER_SECONDS = 5.0
ANSWER_SECONDS = 60.0
READ_BATCH = 500
REPAIR = "Run: assistant index build --force"
ROOM = "Free disk space or check the Chroma server, then run: assistant index build"


class VectorStore:
    """The vectors of one index. Errors of Chroma and of the network become IndexUnavailable."""

    def __init__(self, client: ClientAPI, place: str, prefix: str) -> None:
        """Use ``in_folder`` or ``on_server``; ``place`` is for messages."""
        self._client = client
        self._place = place
        self._prefix = prefix
        self._collections: dict[str, Collection] = {}

    @classmethod
    def in_folder(cls, folder: Path, *, create: bool = False) -> VectorStore:
        """The store in a local folder. Without ``create`` a missing one is an error; Chroma would create it."""
        if not create and not (folder / "chroma.sqlite3").is_file():
            raise IndexUnavailable(f"The vectors in {folder} are missing.", REPAIR)
        import chromadb

        with _translated(str(folder), ROOM if create else REPAIR):
            return cls(chromadb.PersistentClient(folder, settings=_quiet()), str(folder), "")

    @classmethod
    def on_server(cls, url: str, prefix: str) -> VectorStore:
        """The collections ``prefix-<kind>`` on the server at ``url``, whose user:password is sent as basic auth."""
        place, headers = public_url(url), _authorization(url)
        with _translated(place, _server_remedy(place)):
            httpx.get(f"{place}/api/v2/heartbeat", headers=headers, timeout=SERVER_SECONDS).raise_for_status()
            import chromadb

            ssl = place.startswith("https:")
            port = urlsplit(place).port or (443 if ssl else 80)
            client = chromadb.HttpClient(place, port=port, ssl=ssl, headers=headers, settings=_quiet())
            for session in _sessions(client):
                # Chroma sets no timeout and has no setting for one: chroma-core/chroma#5805
                session.timeout = httpx.Timeout(ANSWER_SECONDS)
            return cls(client, place, f"{prefix}-")

    def add(self, kind: UnitKind, units: Sequence[Unit], vectors: NDArray[np.float32]) -> None:
        """Create the collection of ``kind`` and fill it; ``vectors`` has shape (len(units), dimensions)."""
        with _translated(self._place, ROOM):
            # Below the threshold Chroma writes no index file and replays its log at each start, and nothing else
            # makes it write: chroma-core/chroma#7463
            sync = max(2, min(1000, len(units)))
            hnsw: CreateHNSWConfiguration = {
                "space": "cosine",
                "ef_search": 200,
                "batch_size": min(100, sync),
                "sync_threshold": sync,
            }
            collection = self._client.create_collection(
                f"{self._prefix}{kind}", configuration={"hnsw": hnsw}, embedding_function=None
            )
            step = min(1000, self._client.get_max_batch_size())
            for at in range(0, len(units), step):
                ids = [unit.id for unit in units[at : at + step]]
                collection.add(ids=ids, embeddings=vectors[at : at + step])
            self._collections[kind] = collection

    def nearest(self, kind: UnitKind, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """At most ``k`` unit ids with their cosine similarity to ``vector`` (shape (dimensions,)), best first."""
        with _translated(self._place):
            found = self._collection(kind).query(
                query_embeddings=vector[np.newaxis], n_results=k, include=["distances"]
            )
        distances = (found["distances"] or [[]])[0]
        return [(key, 1.0 - float(distance)) for key, distance in zip(found["ids"][0], distances, strict=True)]

    def vectors_of(self, kind: UnitKind, ids: Sequence[str]) -> NDArray[np.float32]:
        """The stored vectors of ``ids``, shape (len(ids), dimensions). Raises IndexUnavailable where one is missing."""
        rows: dict[str, Any] = {}
        with _translated(self._place):
            for at in range(0, len(ids), READ_BATCH):
                part = self._collection(kind).get(ids=list(ids[at : at + READ_BATCH]), include=["embeddings"])
                rows.update(zip(part["ids"], part["embeddings"] if part["ids"] else [], strict=True))  # type: ignore[arg-type]
        if len(rows) < len(set(ids)):
            raise IndexUnavailable(f"{len(set(ids)) - len(rows)} vectors in {self._place} are missing.", REPAIR)
        return np.array([rows[key] for key in ids], dtype=np.float32)

    def count(self, kind: UnitKind) -> int:
        """Number of vectors of this kind."""
        with _translated(self._place):
            return self._collection(kind).count()

    def drop(self, kinds: Sequence[UnitKind]) -> None:
        """Delete the collections of these kinds, as far as they exist."""
        with _translated(self._place):
            names = {collection.name for collection in self._client.list_collections()}
            for kind in kinds:
                if f"{self._prefix}{kind}" in names:
                    self._client.delete_collection(f"{self._prefix}{kind}")

    def close(self) -> None:
        """Release the folder or the connection."""
        self._collections.clear()
        sessions = _sessions(self._client)
        self._client.close()  # type: ignore[attr-defined]
        for session in sessions:  # Chroma's client leaves them open: chroma-core/chroma#4293
            session.close()

    def _collection(self, kind: UnitKind) -> Collection:
        if kind not in self._collections:
            self._collections[kind] = self._client.get_collection(f"{self._prefix}{kind}", embedding_function=None)
        return self._collections[kind]


def public_url(url: str) -> str:
    """The address without user name, password and trailing slash. Raises ConfigurationError for any other text."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in {"http", "https"}:
        raise ConfigurationError(
            "ASSISTANT_CHROMA_URL is not an http(s) address.", "Set it to something like http://localhost:8000"
        )
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _authorization(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _quiet() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _sessions(client: ClientAPI) -> list[httpx.Client]:
    """The HTTP sessions of a client and of its admin client; none for a local folder."""
    servers = [getattr(part, "_server", None) for part in (client, getattr(client, "_admin_client", None))]
    sessions = [getattr(server, "_session", None) for server in servers]
    return [session for session in sessions if isinstance(session, httpx.Client)]


def _server_remedy(place: str) -> str:
    return f"Start the Chroma server at {place}, or correct or unset ASSISTANT_CHROMA_URL."


def _failures() -> tuple[type[Exception], ...]:
    from chromadb.errors import ChromaError

    return (ChromaError, httpx.HTTPError, OSError, ValueError, RuntimeError, KeyError, TypeError)


@contextmanager
def _translated(place: str, remedy: str = REPAIR) -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise IndexUnavailable(f"The vectors at {place} can't be reached ({error}).", _server_remedy(place)) from error
    except _failures() as error:
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise IndexUnavailable(f"The vectors in {place} can't be used ({detail}).", remedy) from error
