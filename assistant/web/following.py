"""Following the documents while the server runs: what changed is indexed by another process, then opened and served.

Nobody waits for it: questions go on to the assistant that is served until the new one has answered a search.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr
from pydantic_core import to_jsonable_python

from assistant.answering.assistant import Assistant
from assistant.corpus.loading import Stamp, corpus_stamp, load_corpus
from assistant.errors import AssistantError, IndexBusy, IndexUnavailable
from assistant.index.build import BUSY, is_complete
from assistant.index.folder import build_lock, content_of
from assistant.settings import Settings
from assistant.web.observe.logs import logger

LOOK_SECONDS = 5.0
AGAIN_SECONDS = 60.0
"""A new assistant that could not be opened is tried again after so long, or once the documents change again."""
log = logger("assistant.web.following")


class Served(Protocol):
    """The assistants that are served, by corpus."""

    assistants: Mapping[str, Assistant]

    def put(self, name: str, assistant: Assistant) -> None: ...  # noqa: D102


@dataclass
class _Seen:
    """The stamps of a corpus: of what is served, and at the last look; and when a failed attempt is repeated."""

    served: Stamp
    last: Stamp
    again: float = 0.0


class Follower:
    """Looks at the documents of each corpus of a shelf now and then, in a thread of its own, between start and end."""

    def __init__(self, shelf: Served, stamps: Mapping[str, Stamp]) -> None:
        """``stamps`` of the documents by corpus, taken before they were loaded."""
        self._shelf = shelf
        self._seen = {name: _Seen(stamp, stamp) for name, stamp in stamps.items()}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; a build that this began is broken off."""
        self._ending.set()
        self._thread.join()

    def look(self, name: str) -> None:
        """Serve the documents of a corpus as they are now, if they changed and then stood still for one look."""
        seen, assistant = self._seen[name], self._shelf.assistants[name]
        now = corpus_stamp(assistant.settings)
        still, seen.last = now == seen.last, now
        if not still:
            seen.again = 0.0
        if not still or (now == seen.served and not assistant.index.notices) or time.monotonic() < seen.again:
            return
        try:
            self._shelf.put(name, self._opened(assistant))
        except IndexBusy:
            return  # somebody builds: the next look may find it done
        except AssistantError as error:
            seen.again = time.monotonic() + AGAIN_SECONDS
            log.warning("documents changed, but can't be served", corpus=name, reason=str(error))
            return
        seen.served = now
        log.info("documents changed and are served", corpus=name)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            for name in list(self._seen):
                try:
                    self.look(name)
                except Exception:
                    log.exception("looking at the documents failed", corpus=name)

    def _opened(self, assistant: Assistant) -> Assistant:
        settings = assistant.settings
        wanted = content_of(settings, load_corpus(settings), assistant.index.embedder.identity).fingerprint
        if not is_complete(settings.index_dir / wanted):
            with build_lock(settings.index_dir, 0):
                pass  # whoever builds now is let end first
            build_apart(settings, self._ending)
        new = Assistant(settings, like=assistant)
        if new.index.fingerprint != wanted:
            new.close()
            raise IndexBusy("The documents changed again.")
        new.search("What is this about?")  # loads what only a question needs
        return new


def build_apart(settings: Settings, ending: threading.Event) -> None:
    """Build the index in a process that gives way to this one, and ends with it.

    Raises IndexBusy where another one builds, IndexUnavailable with the reason why it can't be built.
    """
    command = [sys.executable, "-P", "-m", "assistant.index.build"]
    said: str | None = None
    told: str | None = _told(settings)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        while said is None:
            try:
                said, _ = child.communicate(told, timeout=0.5)
            except subprocess.TimeoutExpired:
                told = None  # it is on its way
                if ending.is_set():
                    child.kill()
    if child.returncode == BUSY or ending.is_set():
        raise IndexBusy(said.strip())
    if child.returncode:
        raise IndexUnavailable(said.strip() or f"The build ended with status {child.returncode}.")


def _told(settings: Settings) -> str:
    """All settings as JSON with their secrets, for a process of our own."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    plain = {n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in values.items()}
    return json.dumps(to_jsonable_python(plain))
