"""Answers from other systems: an OpenAI-compatible server, our own API, or a file of answers.

Missing fields stay empty; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from assistant.answering.prompts import REFUSAL
from assistant.corpus.loading import load_corpus
from assistant.errors import InputError, ModelUnavailable
from assistant.evaluation.answerers import BUILT_IN
from assistant.evaluation.cases import Case
from assistant.evaluation.results import Levers
from assistant.settings import Settings
from assistant.types import Answer, Citation, Claim, Essay, RankedPassage, StageTrace, Usage

Data = Mapping[str, Any]


def as_answer(data: Data, case: Case, essays: Mapping[str, Essay], model: str) -> Answer:
    """Our answer object from a JSON object that has at least ``answer``. Raises ModelUnavailable if it has none."""
    text = data.get("answer")
    if not isinstance(text, str):
        raise ModelUnavailable(
            f'{model}: the reply to case {case.id} has no "answer" (a text).',
            'Reply with at least {"answer": "…"}; `assistant ask --json` prints a whole one.',
        )
    try:
        return _answer(text, data, case, essays, model)
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelUnavailable(
            f"{model}: the reply to case {case.id} can't be read ({type(error).__name__}).",
            "Give citations, claims and passages as lists of objects, as `assistant ask --json` does.",
        ) from None


def as_text(text: str, case: Case, model: str, usage: Data | None = None) -> Answer:
    """Our answer object from plain text. It has abstained only if the text is exactly the agreed phrase."""
    abstained = text.strip().strip(".").upper() == REFUSAL
    return Answer(
        id=case.id,
        question=case.question,
        standalone_question=case.question,
        answer=text,
        abstained=abstained,
        abstain_reason=text.strip() if abstained else None,
        model=model,
        prompt_sha256="",
        index_fingerprint="",
        usage=_usage(usage if isinstance(usage, Mapping) else {}),
    )


def _answer(text: str, data: Data, case: Case, essays: Mapping[str, Essay], model: str) -> Answer:
    abstained = data.get("abstained", False)
    if not isinstance(abstained, bool):
        raise TypeError("abstained")
    return Answer(
        id=str(data.get("id") or case.id),
        question=case.question,
        standalone_question=str(data.get("standalone_question") or case.question),
        answer=text,
        abstained=abstained,
        abstain_reason=data.get("abstain_reason"),
        citations=tuple(_citation(c, i, essays) for i, c in enumerate(data.get("citations") or (), 1)),
        claims=tuple(Claim.model_validate(_known(c, Claim.model_fields)) for c in data.get("claims") or ()),
        passages=tuple(_passage(p, i, essays) for i, p in enumerate(data.get("passages") or (), 1)),
        notices=tuple(map(str, data.get("notices") or ())),
        trace=tuple(StageTrace.model_validate(_known(t, StageTrace.model_fields)) for t in data.get("trace") or ()),
        model=str(data.get("model") or model),
        prompt_sha256=str(data.get("prompt_sha256") or ""),
        index_fingerprint=str(data.get("index_fingerprint") or ""),
        usage=_usage(data["usage"] if isinstance(data.get("usage"), Mapping) else {}),
    )


def _citation(data: Data, place: int, essays: Mapping[str, Essay]) -> Citation:
    essay = essays.get(str(data["source_id"])) if "source_id" in data else None
    start, end = int(data.get("start", 0)), int(data.get("end", 0))
    if min(start, end) < 0:  # Python would count them from the end, and find some words there
        raise ValueError("offsets")
    return Citation(
        marker=data.get("marker", place),
        source_id=str(data.get("source_id", "")),
        title=str(data.get("title") or (essay.title if essay else "")),
        author=data.get("author") or (essay.author if essay else None),
        url=data.get("url") or (essay.url if essay else None),
        kind=data.get("kind") or (essay.kind if essay else "original"),
        section=str(data.get("section") or ""),
        quote=str(data.get("quote") or ""),
        start=start,
        end=end,
    )


def _passage(data: Data, place: int, essays: Mapping[str, Essay]) -> RankedPassage:
    """A passage in the order given; where it has offsets and no text, the text is the essay's."""
    source_id, start, end = str(data.get("source_id", "")), int(data.get("start", 0)), int(data.get("end", 0))
    text = data.get("text")
    if text is None:
        text = essays[source_id].text[start:end] if source_id in essays else ""
    return RankedPassage(
        id=str(data.get("id") or f"{source_id}:{start}"),
        source_id=source_id,
        section=str(data.get("section") or ""),
        start=start,
        end=end,
        score=float(data.get("score", -place)),
        text=str(text),
    )


def _usage(data: Data) -> Usage:
    """Tokens under our names or under those of the OpenAI protocol."""
    details = data.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    return Usage(
        input_tokens=_count(data.get("input_tokens") or data.get("prompt_tokens")),
        output_tokens=_count(data.get("output_tokens") or data.get("completion_tokens")),
        cached_input_tokens=_count(data.get("cached_input_tokens") or cached),
    )


def _count(value: object) -> int:
    """A number of tokens; 0 for what is none. An answer is worth keeping whatever its server counts."""
    return int(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else 0


def _known(data: Data, fields: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in fields}


MAX_REPLY_BYTES = 5_000_000
DOWN = 503  # busy where it says when to come back
BUSY = frozenset({429, DOWN})
MOST_WAITING = 120.0
"""Seconds that one question waits in all for a server that says it is busy."""
OWN_PATH = "/api/ask"
CHAT_PATH = "/chat/completions"
INSTRUCTIONS = (
    f"Answer from the documents you have. If they do not answer the question, reply with exactly: {REFUSAL}. "
    'You may reply with a JSON object {"answer", "abstained", "citations": [{"source_id", "quote", "start", "end"}], '
    '"passages": [{"source_id", "start", "end"}]}; offsets count characters of the document from 0.'
)


class _Elsewhere:
    """Base of answerers outside this process: they use our documents; their index and prompts are unknown."""

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
        """Raises InputError for an address that is not http(s), CorpusError if no document loads."""
        address = httpx.URL(url) if url.startswith(("http://", "https://")) else None
        if address is None or not address.host:
            raise InputError(f"{url} is no http(s) address.", "Write for example http://127.0.0.1:8000/v1")
        name = f"{address.host}:{address.port}" if address.port else address.host
        super().__init__(settings, model or name)
        path = address.path.rstrip("/")
        self._own = path.endswith(OWN_PATH)
        self._url = address if self._own or path.endswith(CHAT_PATH) else address.copy_with(path=path + CHAT_PATH)
        self._named = model
        key = settings.endpoint_api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self._timeout = settings.model_timeout
        self._client = httpx.Client(headers=headers, timeout=settings.model_timeout, trust_env=False)

    def answer(self, case: Case) -> Answer:
        """The server's answer. Raises ModelUnavailable if it gives none that can be read."""
        turns = [turn.model_dump() for turn in case.history]
        if self._own:
            return as_answer(self._post({"question": case.question, "history": turns}), case, self.essays, self.model)
        messages = [
            {"role": "system", "content": INSTRUCTIONS},
            *turns,
            {"role": "user", "content": case.question},
        ]
        reply = self._post({"model": self._model_id, "messages": messages, "temperature": 0, "stream": False})
        return self._from_chat(reply, case)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    @cached_property
    def _model_id(self) -> str:
        """The model to ask for: the one that was named, else the first that the server lists."""
        if self._named:
            return self._named
        try:
            listed = self._client.get(self._url.copy_with(path=self._url.path.removesuffix(CHAT_PATH) + "/models"))
            return str(listed.json()["data"][0]["id"])
        except (httpx.HTTPError, ValueError, LookupError, TypeError):
            return "default"

    def _from_chat(self, reply: dict[str, Any], case: Case) -> Answer:
        try:
            message = reply["choices"][0]["message"]
            content = message["content"]
        except (KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise ModelUnavailable(f"{self._url} replied without a message.", "Does it speak chat completions?")
        own = reply.get("answer_object")  # our own server's, whose text alone does not say whether it abstained
        structured = own if isinstance(own, Mapping) else _json_object(content)
        if structured is not None and "answer" in structured:
            return as_answer({"usage": reply.get("usage"), **structured}, case, self.essays, self.model)
        beside = {name: message[name] for name in ("citations", "passages", "abstained") if message.get(name)}
        if beside:
            return as_answer({"answer": content, "usage": reply.get("usage")} | beside, case, self.essays, self.model)
        return as_text(content, case, self.model, reply.get("usage"))

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        """The server's reply, asked for again after as long as a busy server wants."""
        waited, pause = 0.0, 1.0
        while True:
            response, data = self._sent(body)
            if response.status_code not in BUSY or (response.status_code == DOWN and not _names_wait(response)):
                break
            pause = _wanted_wait(response, pause)
            waited += pause
            if waited > MOST_WAITING:
                raise ModelUnavailable(
                    f"{self._url} is busy (status {response.status_code}).", "Ask it later, or with --concurrency 1."
                )
            time.sleep(pause)
            pause = 2 * max(pause, 1.0)
        if response.status_code != 200:
            raise ModelUnavailable(f"{self._url} replied with status {response.status_code}.", "See its log.")
        reply = _json_object(data.decode("utf-8", "replace"))
        if reply is None:
            raise ModelUnavailable(f"{self._url} did not reply with a JSON object.", "Is the address right?")
        return reply

    def _sent(self, body: dict[str, Any]) -> tuple[httpx.Response, bytes]:
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                data = b""
                for piece in response.iter_bytes():
                    data += piece
                    if len(data) > MAX_REPLY_BYTES or time.monotonic() > deadline:
                        raise ModelUnavailable(f"{self._url} replied too much or too slowly.", "Ask it less at once.")
                return response, data
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"{self._url} did not answer ({type(error).__name__}).", "Is it running?") from None


def _names_wait(response: httpx.Response) -> bool:
    return "retry-after" in response.headers


def _wanted_wait(response: httpx.Response, otherwise: float) -> float:
    """The seconds that Retry-After names, as a number or a date; ``otherwise`` where it names none."""
    told = response.headers.get("Retry-After", "").strip()
    try:
        if told.isdigit():
            return float(told)
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return otherwise


class AnswersFile(_Elsewhere):
    """Answers of a JSON Lines file, each under its case's ``id``, as ``assistant batch`` writes them."""

    def __init__(self, path: Path, settings: Settings, model: str | None = None) -> None:
        """Raises InputError naming the line that is no answer, CorpusError if no document loads."""
        super().__init__(settings, model or path.stem)
        self._path = path
        self._answers = _read(path)
        self.prompts = (path.name, hashlib.sha256(path.read_bytes()).hexdigest())

    def answer(self, case: Case) -> Answer:
        """The file's answer. Raises ModelUnavailable if it has none: a missing answer is a failure."""
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
