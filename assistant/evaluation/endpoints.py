"""Other systems as answerers: a server with the OpenAI protocol or our own, or a file of answers made elsewhere."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from assistant.answering.prompts import REFUSAL
from assistant.corpus.loading import load_corpus
from assistant.errors import InputError, ModelUnavailable
from assistant.evaluation.answerers import BUILT_IN
from assistant.evaluation.cases import Case
from assistant.evaluation.foreign import as_answer, as_text
from assistant.evaluation.results import Levers
from assistant.settings import Settings
from assistant.types import Answer, Essay

MAX_REPLY_BYTES = 5_000_000
OWN_PATH = "/api/ask"
CHAT_PATH = "/chat/completions"
INSTRUCTIONS = (
    f"Answer from the documents you have. If they do not answer the question, reply with exactly: {REFUSAL}. "
    'You may reply with a JSON object {"answer", "abstained", "citations": [{"source_id", "quote", "start", "end"}], '
    '"passages": [{"source_id", "start", "end"}]}; offsets count characters of the document from 0.'
)


class _Elsewhere:
    """What answerers outside this process share: our documents, and no index or prompts that we know of."""

    def __init__(self, settings: Settings, model: str) -> None:
        self.model = model
        self.corpus = settings.corpus or BUILT_IN
        self.prompts = ("unknown", "")
        self.index_fingerprint = ""
        self.levers = Levers()
        self.essays: Mapping[str, Essay] = {essay.id: essay for essay in load_corpus(settings).essays}

    def close(self) -> None:
        """Nothing is held."""


class Endpoint(_Elsewhere):
    """A server at an address: ours where it ends in ``/api/ask``, else one with OpenAI's chat completions."""

    def __init__(self, url: str, settings: Settings, model: str | None = None) -> None:
        """Raises InputError for an address that is not http(s), CorpusError where no document loads."""
        address = httpx.URL(url) if url.startswith(("http://", "https://")) else None
        if address is None or not address.host:
            raise InputError(f"{url} is no http(s) address.", "Write for example http://127.0.0.1:8000/v1")
        name = f"{address.host}:{address.port}" if address.port else address.host
        super().__init__(settings, model or name)
        path = address.path.rstrip("/")
        self._own = path.endswith(OWN_PATH)
        self._url = address if self._own or path.endswith(CHAT_PATH) else address.copy_with(path=path + CHAT_PATH)
        self._model = model or "default"
        key = settings.endpoint_api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self._timeout = settings.model_timeout
        self._client = httpx.Client(headers=headers, timeout=settings.model_timeout, trust_env=False)

    def answer(self, case: Case) -> Answer:
        """The server's answer. Raises ModelUnavailable where it gives none that can be read."""
        turns = [turn.model_dump() for turn in case.history]
        if self._own:
            return as_answer(self._post({"question": case.question, "history": turns}), case, self.essays, self.model)
        messages = [
            {"role": "system", "content": INSTRUCTIONS},
            *turns,
            {"role": "user", "content": case.question},
        ]
        reply = self._post({"model": self._model, "messages": messages, "temperature": 0, "stream": False})
        return self._from_chat(reply, case)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _from_chat(self, reply: dict[str, Any], case: Case) -> Answer:
        try:
            message = reply["choices"][0]["message"]
            content = message["content"]
        except (KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise ModelUnavailable(f"{self._url} replied without a message.", "Does it speak chat completions?")
        structured = _json_object(content)
        if structured is not None and "answer" in structured:
            return as_answer({"usage": reply.get("usage")} | structured, case, self.essays, self.model)
        beside = {name: message[name] for name in ("citations", "passages", "abstained") if message.get(name)}
        if beside:
            return as_answer({"answer": content, "usage": reply.get("usage")} | beside, case, self.essays, self.model)
        return as_text(content, case, self.model, reply.get("usage"))

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                data = b""
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MAX_REPLY_BYTES or time.monotonic() > deadline:
                        raise ModelUnavailable(f"{self._url} replied too much or too slowly.", "Ask it less at once.")
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"{self._url} did not answer ({type(error).__name__}).", "Is it running?") from None
        if response.status_code != 200:
            raise ModelUnavailable(f"{self._url} replied with status {response.status_code}.", "See its log.")
        reply = _json_object(data.decode("utf-8", "replace"))
        if reply is None:
            raise ModelUnavailable(f"{self._url} did not reply with a JSON object.", "Is the address right?")
        return reply


class AnswersFile(_Elsewhere):
    """Answers of a JSON Lines file, each under its case's ``id``, as ``assistant batch`` writes them."""

    def __init__(self, path: Path, settings: Settings, model: str | None = None) -> None:
        """Raises InputError naming the line that is no answer, CorpusError where no document loads."""
        super().__init__(settings, model or path.stem)
        self._path = path
        self._answers = _read(path)
        self.prompts = (path.name, hashlib.sha256(path.read_bytes()).hexdigest())

    def answer(self, case: Case) -> Answer:
        """The file's answer. Raises ModelUnavailable where it has none: a missing answer is a failure."""
        found = self._answers.get(case.id)
        if found is None:
            raise ModelUnavailable(f"{self._path}: has no answer for case {case.id}.", "Each case counts.")
        return as_answer(found, case, self.essays, self.model)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}).", "Check the path.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8.", "Save it as UTF-8.") from None
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        data = _json_object(line)
        if data is None or "id" not in data:
            raise InputError(f'{path}, line {number}: is no object with an "id".', "Write one answer a line.")
        if str(data["id"]) in found:
            raise InputError(f"{path}, line {number}: answers {data['id']} a second time.", "Remove one of them.")
        found[str(data["id"])] = data
    if not found:
        raise InputError(f"{path}: holds no answer.", "Write one answer a line.")
    return found


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
