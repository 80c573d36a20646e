"""Every way the assistant can fail, as one tree. Each error is a sentence that says what to do next.

AssistantError
├── InputError               the caller's question, file or option is wrong            (exit 2, HTTP 4xx)
│   ├── ConfigurationError   a setting does not fit                                    (exit 2)
│   ├── SuiteError           a question file, its gold or its name can't be used       (exit 2)
│   ├── UnknownConversation  no conversation of this caller has that id                (HTTP 404)
│   ├── DamagedConversation  a row of it can't be read                                 (HTTP 409)
│   └── KeyReused            an idempotency key came before, for another answer        (HTTP 409)
├── CorpusError              a document can't be used: names the file and the remedy   (exit 1)
│   ├── ImportRefused        an address or file that must not be imported
│   ├── UnknownSource        no essay with that id                                     (exit 2, HTTP 404)
│   └── UnknownTheme         no theme with that id                                     (exit 2, HTTP 404)
├── IndexUnavailable         no index, or a damaged one: names the repair              (exit 1, HTTP 503)
│   └── IndexBusy            another process is building it
├── EncoderUnavailable       the model has no ONNX export: sentence-transformers encodes
├── StoreUnavailable         the database of conversations can't be used now           (exit 1, HTTP 503)
│   ├── StoreFull            no room to write; what it holds is intact                 (HTTP 507)
│   └── StoreDamaged         it can't be read
├── RunFailed                an evaluation run can't be made or used                   (exit 1)
│   └── NothingMeasured      no case was run, or none gave a value
├── ModelUnavailable         the chat model is down, slow, limited or answers nonsense (exit 1, HTTP 502-504)
└── Problem                  an HTTP request that fails with a status of its own       (HTTP only)
    └── RefusedField         a field of a request in OpenAI's form can't be used       (HTTP 400)
"""

from __future__ import annotations

from collections.abc import Mapping


class AssistantError(Exception):
    """Base of all errors. ``str(error)`` is fit for a user: what happened, then what to do."""

    exit_status = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class InputError(AssistantError):
    """The caller's input can't be used."""

    exit_status = 2


class ConfigurationError(InputError):
    """A setting has a value that can't work."""


class SuiteError(InputError):
    """A question set that can't be used: names the file with the line, or the case with the quote."""


class UnknownConversation(InputError):
    """No conversation of this owner has the id, be it somebody else's or nobody's."""


class DamagedConversation(InputError):
    """A conversation can't go on, because a part of it can't be read."""


class KeyReused(InputError):
    """An idempotency key was used before, for another answer."""


class CorpusError(AssistantError):
    """A document can't be loaded or imported."""


class ImportRefused(CorpusError):
    """An address or a file that policy forbids to import."""


class UnknownSource(CorpusError):
    """No essay has this id."""

    exit_status = 2


class UnknownTheme(CorpusError):
    """No theme has this id."""

    exit_status = 2


class IndexUnavailable(AssistantError):
    """The index is missing or damaged."""


class IndexBusy(IndexUnavailable):
    """Another process holds the build lock."""


class StoreUnavailable(AssistantError):
    """The database can't be used now. ``message`` and ``remedy`` are fit for any caller of a server.

    ``str(error)`` also names the database's ``place``, for the operator; ``located`` is the message with it.
    """

    def __init__(self, message: str, remedy: str = "", place: object = "") -> None:
        super().__init__(message, remedy)
        self.located = f"{message.removesuffix('.')} ({place})." if str(place) else message
        self.args = (f"{self.located} {remedy}".strip(),)


class StoreFull(StoreUnavailable):
    """The database has no room to write; what it holds is intact."""


class StoreDamaged(StoreUnavailable):
    """The database can't be read."""


class EncoderUnavailable(AssistantError):
    """The embedding model can't be exported to ONNX, or its export can't be kept."""


class ModelUnavailable(AssistantError):
    """The configured chat model gave no usable answer in time. ``retry_after``: seconds its server asks to wait."""

    def __init__(self, message: str, remedy: str = "", retry_after: int | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after = retry_after


class RunFailed(AssistantError):
    """An evaluation run could not be made, or can't be used."""


class NothingMeasured(RunFailed):
    """Nothing was measured, so there is no number to give."""


class Problem(AssistantError):
    """An HTTP request that fails: its ``status``, and ``code``, a stable word for programs."""

    def __init__(
        self, status: int, code: str, message: str, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """``message`` says what happened, ``remedy`` what to do, ``headers`` go with the reply."""
        super().__init__(message, remedy)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class RefusedField(Problem):
    """A field of a request in OpenAI's form can't be used: ``param`` names it, as OpenAI's errors do."""

    def __init__(
        self, param: str, message: str, remedy: str = "", *, status: int = 400, code: str = "invalid_request"
    ) -> None:
        """``param`` is a name of ours, never text of the caller's."""
        super().__init__(status, code, message, remedy)
        self.param = param
