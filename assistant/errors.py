"""Every way the assistant can fail, as one tree. Each error is a sentence that says what to do next.

AssistantError
├── InputError              the caller's question, file or option is wrong            (exit 2, HTTP 4xx)
│   ├── ConfigurationError  a setting does not fit                                    (exit 2)
│   └── SuiteError          a question file, its gold or its name can't be used       (exit 2)
├── CorpusError             a document can't be used: names the file and the remedy   (exit 1)
│   ├── ImportRefused       an address or file that must not be imported
│   └── UnknownSource       no essay with that id                                     (exit 2, HTTP 404)
├── IndexUnavailable        no index, or a damaged one: names the repair              (exit 1, HTTP 503)
│   └── IndexBusy           another process is building it
├── EncoderUnavailable      the embedding model has no ONNX export: the embedder runs sentence-transformers
├── RunFailed               an evaluation run can't be made or used                   (exit 1)
│   └── NothingMeasured     no case was run, or none gave a value
└── ModelUnavailable        the chat model is down, slow, limited or answers nonsense (exit 1, HTTP 502-504)
"""

from __future__ import annotations


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


class CorpusError(AssistantError):
    """A document can't be loaded or imported."""


class ImportRefused(CorpusError):
    """An address or a file that policy forbids to import."""


class UnknownSource(CorpusError):
    """No essay has this id."""

    exit_status = 2


class IndexUnavailable(AssistantError):
    """The index is missing or damaged."""


class IndexBusy(IndexUnavailable):
    """Another process holds the build lock."""


class EncoderUnavailable(AssistantError):
    """The embedding model can't be exported to ONNX, or its export can't be kept."""


class ModelUnavailable(AssistantError):
    """The configured chat model gave no usable answer in time."""


class RunFailed(AssistantError):
    """An evaluation run could not be made, or can't be used."""


class NothingMeasured(RunFailed):
    """Nothing was measured, so there is no number to give."""
