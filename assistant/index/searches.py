"""The two searches of an index: vectors in Chroma, and BM25 over one kind of unit.

Chroma holds a collection per kind of unit, in a local folder or on a server. bm25s makes the BM25 scores, with
Porter's English stemmer; reading them needs numpy alone.
"""

from __future__ import annotations

import base64
import json
import logging
import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
import numpy as np
import Stemmer
from numpy.typing import NDArray

from assistant.corpus.splitting import words_apart
from assistant.errors import ConfigurationError, IndexUnavailable
from assistant.index.units import UnitKind

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection


TOKEN = re.compile(r"\b\w\w+\b")
KEYWORD_FORMAT = "3"
"""Increase it with a change of tokenization or of what is counted, so that indexes are rebuilt."""

STOPWORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with".split()
)
"""Lucene's, as bm25s has them; importing bm25s brings scipy, which no question needs."""
_local = threading.local()  # a stemmer keeps a cache and may not be shared by threads


def tokens(text: str) -> list[str]:
    """Stemmed lower-case words of two letters or more, English stopwords left out."""
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    runs = TOKEN.findall(text.lower())
    words = [word for run in runs for word in ([run] if run.isascii() else words_apart(run)) if word not in STOPWORDS]
    stems: list[str] = _local.stemmer.stemWords(words)
    return stems


FADES, LENGTHS = 1.5, 0.75
"""BM25's k1 and b, which are those of bm25s."""


class KeywordIndex:
    """BM25 (Lucene's variant) over a fixed sequence of texts.

    The scores of the word with number ``w`` are ``values[starts[w] : starts[w + 1]]``, and ``rows`` at the same places
    says whose they are.
    """

    def __init__(
        self, words: Mapping[str, int], starts: NDArray[Any], rows: NDArray[Any], values: NDArray[Any], size: int
    ) -> None:
        """Use ``of`` or ``load``."""
        self._words, self._starts, self._rows, self._values = words, starts, rows, values
        self._size = size

    @classmethod
    def of(cls, texts: Sequence[str], folder: Path) -> KeywordIndex:
        """Build an index over ``texts`` and write it to a new folder. Raises OSError."""
        folder.mkdir(parents=True)
        words = [tokens(text) for text in texts]
        if any(words):
            import bm25s

            logging.getLogger("bm25s").setLevel(logging.WARNING)
            model = bm25s.BM25()
            model.index(words, show_progress=False)
            model.save(folder, show_progress=False)
        return cls.load(folder, len(texts))

    @classmethod
    def load(cls, folder: Path, size: int) -> KeywordIndex:
        """Read the index of ``size`` texts from ``folder``. Raises IndexUnavailable if it is damaged."""
        try:
            if not any(folder.iterdir()):
                nothing = np.zeros(0, dtype=np.int32)
                return cls({}, nothing, nothing, nothing, size)
            made_of = json.loads((folder / "params.index.json").read_bytes())["num_docs"]
            words = json.loads((folder / "vocab.index.json").read_bytes())
            starts, rows, values = (
                np.load(folder / f"{name}.csc.index.npy", mmap_mode="r") for name in ("indptr", "indices", "data")
            )
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise IndexUnavailable(
                f"The keyword index in {folder} can't be read ({error}).", "Run: assistant index build --force"
            ) from error
        if made_of != size:
            raise IndexUnavailable(
                f"The keyword index in {folder} does not fit its texts.", "Run: assistant index build --force"
            )
        return cls(words, starts, rows, values, size)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The BM25 score of each text for ``query``, shape (size,); all zero if no word is known."""
        scores = np.zeros(self._size, dtype=np.float32)
        for word in tokens(query):
            number = self._words.get(word)
            if number is not None:
                place = slice(self._starts[number], self._starts[number + 1])
                scores[self._rows[place]] += self._values[place]
        return scores

    def rarities(self, query: str) -> dict[str, float]:
        """The inverse document frequency of each word of the query, by its stem."""
        found = {}
        for word in tokens(query):
            number = self._words.get(word)
            holding = int(self._starts[number + 1] - self._starts[number]) if number is not None else 0
            found[word] = math.log1p((self._size - holding + 0.5) / (holding + 0.5))
        return found


SERVER_SECONDS = 5.0
ANSWER_SECONDS = 60.0
READ_BATCH = 500
STORED_AT_ONCE = 1_000
REPAIR = "Run: assistant index build --force"
ROOM = "Free disk space, then run: assistant index build"
ROOM_ON_SERVER = "Check the Chroma server and its disk, then run: assistant index build"


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

    def create(self, kind: UnitKind, size: int) -> None:
        """Create the collection of ``kind``, which is going to have ``size`` vectors."""
        with self._writing():
            # Below the threshold Chroma writes no index file and replays its log at each start, and nothing else
            # makes it write: chroma-core/chroma#7463
            sync = max(2, min(1000, size))
            hnsw: CreateHNSWConfiguration = {
                "space": "cosine",
                "ef_search": 200,
                "batch_size": min(100, sync),
                "sync_threshold": sync,
            }
            self._collections[kind] = self._client.create_collection(
                f"{self._prefix}{kind}", configuration={"hnsw": hnsw}, embedding_function=None
            )

    def add(self, kind: UnitKind, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Add at most STORED_AT_ONCE vectors, shape (len(ids), dimensions)."""
        with self._writing():
            self._collection(kind).add(ids=list(ids), embeddings=vectors)

    def delete(self, kind: UnitKind, ids: Sequence[str]) -> None:
        """Delete vectors."""
        with self._writing():
            for at in range(0, len(ids), STORED_AT_ONCE):
                self._collection(kind).delete(ids=list(ids[at : at + STORED_AT_ONCE]))

    def _writing(self) -> AbstractContextManager[None]:
        return _translated(self._place, ROOM_ON_SERVER if self._prefix else ROOM)

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
