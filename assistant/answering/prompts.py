"""Prompts as text: Markdown files rendered strictly, with one hash over all of them."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from assistant.answering.verify import Evidence
from assistant.errors import ConfigurationError
from assistant.textfiles import load_yaml, parse
from assistant.types import PREFIXES, Essay

FOLDER = Path(__file__).with_name("prompts")
EXAMPLES = "examples.yaml"
CHOOSING = "choose.md"
REFUSAL = "NOT IN THE ESSAYS"
_KINDS = {".md", ".yaml"}
_EXAMPLE = ("question", "sentences", "answer")
_OWN_MARKS = re.compile(r"\s*[\[【]\s*\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*[\]】]")
_ROUND = str.maketrans("[]【】", "()()")


def render(name: str, folder: Path | None = None, /, **values: object) -> str:
    """The prompt file ``name`` of ``folder`` (else of the built-in one) with its variables filled in.

    Values are inserted as they are, never read as templates. Raises ConfigurationError naming a file that is not
    there, or a variable that the file uses and the caller did not give.
    """
    import jinja2.sandbox  # only a chat model needs prompts

    _, body = parse(_read(name, folder))
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False
    )
    try:
        return environment.from_string(body).render(**values).strip()
    except jinja2.TemplateError as error:
        raise ConfigurationError(
            f"The prompt {name} can't be rendered: {error}.", f"Correct {(folder or FOLDER) / name}."
        ) from None


def examples(folder: Path | None = None) -> list[dict[str, Any]]:
    """The worked examples of a folder of prompts, each with question, sentences and answer, in the file's order.

    Raises ConfigurationError where the file is not there or holds no such list.
    """
    try:
        found = list(load_yaml(_read(EXAMPLES, folder))["examples"])
    except (ValueError, KeyError, TypeError):
        found = [None]
    if not all(isinstance(e, dict) and all(isinstance(e.get(name), str) for name in _EXAMPLE) for e in found):
        raise ConfigurationError(
            f"{(folder or FOLDER) / EXAMPLES} holds no list of examples with {', '.join(_EXAMPLE)}.",
            "Write it as the built-in one is.",
        )
    return found


def rules(folder: Path | None = None, *, may_refuse: bool = True) -> str:
    """What a chat model must keep to, and whether it may say that there is no answer. Raises ConfigurationError."""
    return render("answer.md", folder, refusal=REFUSAL, may_refuse=may_refuse)


def worked(chosen: Sequence[Mapping[str, Any]], folder: Path | None = None) -> str:
    """These worked examples as the prompt shows them; empty for none. Raises ConfigurationError."""
    return render("worked.md", folder, examples=chosen) if chosen else ""


def listed(context: str, folder: Path | None = None) -> str:
    """Numbered sentences as the prompt shows them. Raises ConfigurationError."""
    return render("sentences.md", folder, context=context)


def joined(*blocks: str) -> str:
    """Blocks of a prompt one below the other, empty ones left out."""
    return "\n\n".join(filter(None, blocks))


def check_prompts(folder: Path, *, chooses: bool = False) -> None:
    """Raises ConfigurationError where a folder lacks one of the prompts; that to choose by only if ``chooses``."""
    for path in prompt_files():
        if path.name != CHOOSING or chooses:
            _read(path.name, folder)
    examples(folder)


def prompt_files(folder: Path | None = None) -> list[Path]:
    """The editable texts of a folder of prompts, by name. Raises ConfigurationError where there is no such folder."""
    try:
        return sorted(path for path in (folder or FOLDER).iterdir() if path.suffix in _KINDS)
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: the folder of prompts can't be read ({error.strerror}).", "Correct ASSISTANT_PROMPTS."
        ) from None


def prompts_sha256(folder: Path | None = None) -> str:
    """SHA-256 over the names and bytes of every prompt file of a folder, as they are now."""
    digest = hashlib.sha256()
    for path in prompt_files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def numbered(evidence: Iterable[Evidence], essays: Mapping[str, Essay]) -> str:
    """Evidence as the prompt shows it, one ``[n] (document) sentence`` a line.

    Angle brackets and ampersands are escaped, square ones made round, and line breaks folded, so no document can
    imitate the prompt's structure or carry a mark of its own.
    """
    return "\n".join(f"[{i.number}] ({_origin(essays[i.source_id])}) {_inert(i.text)}" for i in evidence)


def numbered_by_section(evidence: Iterable[Evidence], essays: Mapping[str, Essay]) -> str:
    """The same for many sentences: the document and section once above each run, then ``[n] sentence`` a line."""
    runs = groupby(evidence, key=lambda item: (item.source_id, item.section))
    return "\n\n".join(
        "\n".join(
            [
                f"({_origin(essays[source_id])}) {_inert(section)}".rstrip(),
                *(f"[{i.number}] {_inert(i.text)}" for i in run),
            ]
        )
        for (source_id, section), run in runs
    )


def numbered_by_document(evidence: Iterable[Evidence], essays: Mapping[str, Essay]) -> str:
    """The same for sentences by document: the document once above its own, then ``[n] sentence`` a line."""
    runs = groupby(evidence, key=lambda item: item.source_id)
    return "\n".join(
        "\n".join([f"({_origin(essays[source_id])})", *(f"[{i.number}] {_inert(i.text)}" for i in run)])
        for source_id, run in runs
    )


def numbered_texts(texts: Iterable[str]) -> Iterator[str]:
    """``[n] text`` for each, made harmless as all evidence is."""
    return (f"[{number}] {_inert(text)}" for number, text in enumerate(texts, 1))


def listed_size(item: Evidence, essay: Essay, *, heads: bool) -> int:
    """About how many characters a sentence takes there; ``heads``: with its document above it."""
    return len(_inert(item.text)) + 8 + (len(_origin(essay)) + 3 if heads else 0)


def _origin(essay: Essay) -> str:
    return _inert(f'{PREFIXES[essay.kind]}"{essay.title}", {essay.byline}')


def _inert(text: str) -> str:
    """The text on one line, without marks of its own, its angle brackets escaped and its other brackets round."""
    plain = html.escape(" ".join(_OWN_MARKS.sub("", text).split()), quote=False)
    return plain.translate(_ROUND)


def _read(name: str, folder: Path | None) -> str:
    path = (folder or FOLDER) / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The prompt {path} can't be read ({type(error).__name__}).",
            "A folder of prompts holds each file the built-in one holds: copy that and edit it.",
        ) from None
