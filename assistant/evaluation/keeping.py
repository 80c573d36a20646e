"""A run's folder: ``setup.json`` from the start, ``answers.jsonl`` as answers come, ``run.json`` at the end.

The blessed baseline: a run without its answers, small enough to commit and plain enough to review.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import ValidationError

from assistant.errors import InputError
from assistant.evaluation.cases import Case
from assistant.evaluation.comparing import Comparison, compare
from assistant.evaluation.results import SCHEMA_VERSION, CaseResult, Run, Score, Setup
from assistant.settings import in_checkout, suites_dir
from assistant.types import Frozen

SETUP, ANSWERS, RUN = "setup.json", "answers.jsonl", "run.json"


class Begun(Frozen):
    """What is known of a run from its start: its set-up, the cases it asks in order, and how often each."""

    id: str
    started_at: datetime
    setup: Setup
    cases: tuple[str, ...]
    repeat: int = 1


class RunFolder:
    """Where a run is kept. Adding a result is safe from several threads."""

    def __init__(self, path: Path, begun: Begun) -> None:
        self.path = path
        self.begun = begun
        self._lock = Lock()

    @classmethod
    def create(cls, out: Path, begun: Begun) -> RunFolder:
        """A new folder under ``out``. Raises InputError where it can't be written."""
        for name in (begun.id, *(f"{begun.id}-{i}" for i in range(2, 1000))):
            try:
                (out / name).mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise InputError(
                    f"{out}: can't be written to ({error.strerror}).", "Name another folder with --out."
                ) from None
            folder = cls(out / name, begun.model_copy(update={"id": name}))
            _write(folder.path / SETUP, folder.begun.model_dump_json(indent=2))
            return folder
        raise InputError(f"{out}: holds too many runs of this second.", "Name another folder with --out.")

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """A folder that stands. Raises InputError where it holds no run."""
        try:
            return cls(path, Begun.model_validate_json((path / SETUP).read_bytes()))
        except (OSError, ValidationError):
            raise InputError(f"{path}: holds no run.", "Name a folder that `assistant eval run` made.") from None

    @classmethod
    def find(cls, out: Path, begun: Begun) -> RunFolder | None:
        """The newest run under ``out`` with this very set-up and as many repeats."""
        stand = [cls.open(file.parent) for file in out.glob(f"*/{SETUP}")]
        same = [one for one in stand if (one.begun.setup, one.begun.repeat) == (begun.setup, begun.repeat)]
        return max(same, key=lambda one: one.begun.started_at, default=None)

    def results(self) -> list[CaseResult]:
        """What is kept, the last word on each case and repeat. A line cut off by a crash is asked again.

        Raises InputError for a line that is no result.
        """
        file = self.path / ANSWERS
        lines = file.read_bytes().split(b"\n") if file.exists() else [b""]
        found: dict[tuple[str, int], CaseResult] = {}
        for number, line in enumerate(lines[:-1], 1):
            try:
                result = CaseResult.model_validate_json(line)
            except ValidationError:
                raise InputError(f"{file}, line {number}: is no result.", "Remove the line and --resume.") from None
            found[result.case.id, result.repeat] = result
        return list(found.values())

    def keep(self, results: Iterable[CaseResult]) -> None:
        """Puts these results, and nothing else, into the file of answers."""
        _write(self.path / ANSWERS, "".join(f"{result.model_dump_json()}\n" for result in results))

    def add(self, result: CaseResult) -> None:
        """Adds one result."""
        with self._lock, (self.path / ANSWERS).open("a", encoding="utf-8") as stream:
            stream.write(f"{result.model_dump_json()}\n")

    def finish(self, run: Run) -> None:
        """Writes the run, scored, in one rename."""
        _write(self.path / RUN, run.model_dump_json(indent=1))


def run_id(setup: Setup, now: datetime) -> str:
    """``20260131-235959-dev-extractive-1a2b3c``: time, suite, model and a hash of the whole set-up."""
    made = hashlib.sha256(setup.model_dump_json().encode()).hexdigest()[:6]
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", f"{setup.suite}-{setup.model}").strip("-.")[:60]
    return f"{now:%Y%m%d-%H%M%S}-{slug}-{made}"


def load_run(path: Path) -> Run:
    """A finished run: its file, its folder, or the folder of the only run in it. Raises InputError."""
    file = _run_file(path)
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8"))
        version = data.get("schema_version") if isinstance(data, dict) else None
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{file}: has schema version {version}, this program reads {SCHEMA_VERSION}.", "Rescore the run."
            )
        return Run.model_validate(data)
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}).", "Check the path.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{file}: {where}: {first['msg']}.", "Rescore the run.") from None
    except (ValueError, RecursionError):
        raise InputError(f"{file}: is not JSON.", "Name a run's folder or its run.json.") from None


def run_folder(path: Path) -> Path:
    """The folder of a run, whether finished or not. Raises InputError where it is not clear which."""
    folder = path.parent if path.is_file() else path
    if (folder / SETUP).exists():
        return folder
    within = sorted(file.parent for file in folder.glob(f"*/{SETUP}"))
    if len(within) == 1:
        return within[0]
    if within:
        names = ", ".join(one.name for one in within)
        raise InputError(f"{path}: holds {len(within)} runs.", f"Name one of them: {names}.")
    raise InputError(f"{path}: holds no run.", "Name a folder that `assistant eval run` made.")


def _run_file(path: Path) -> Path:
    if path.is_file():
        return path
    file = run_folder(path) / RUN
    if not file.exists():
        raise InputError(f"{file.parent}: the run is not finished.", "Run it again with --resume.")
    return file


def _write(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)


BASELINE = "baseline"
KEPT = {"id", "question", "kind", "answerable", "sources", "tags"}
"""What a baseline keeps of a case; what a right answer holds is the suite's to say."""


def baseline_file() -> Path:
    """``eval/baseline.json`` of the checkout; of the working directory where the package is installed."""
    return (suites_dir() if in_checkout() else Path("eval")) / "baseline.json"


def bless(run: Run, file: Path | None = None) -> Path:
    """Makes a run the baseline, one line a result. Raises InputError where the file can't be written."""
    target = file or baseline_file()
    data = run.model_dump(mode="json", exclude={"results"})
    slim = (_slim(result).model_dump(mode="json", exclude_defaults=True) for result in run.results)
    results = [json.dumps(result, ensure_ascii=False) for result in slim]
    head = json.dumps(data, ensure_ascii=False, indent=1).removesuffix("\n}")
    text = f'{head},\n "results": [\n  ' + ",\n  ".join(results) + "\n ]\n}\n"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target}: can't be written ({error.strerror}).", "Name another file with --to.") from None
    return target


def load_against(name: str | Path) -> Run:
    """The run to hold another against: ``baseline``, or a run's path. Raises InputError."""
    if str(name) != BASELINE:
        return load_run(Path(name))
    if not baseline_file().exists():
        raise InputError("No run is blessed yet.", "Run: assistant eval bless RUN")
    return load_run(baseline_file())


def fallen(before: Run, after: Run, repeats: float = 1.0) -> tuple[Comparison, str]:
    """The comparison, and a sentence where ``after`` fell significantly ("" where it did not), naming the cases."""
    compared = compare(before, after, repeats)
    told = []
    if compared.fell:
        told.append(f"{len(compared.falls)} cases fell, {len(compared.rises)} rose (p = {compared.mcnemar_p:.3f}).")
    told += [
        f"{one.name} fell from {one.before:.3f} to {one.after:.3f} (p = {one.adjusted:.3f})."
        for one in compared.differences
        if one.fell and one.name != "ms"
    ]
    if told and compared.falls:
        told.append(f"Fallen: {', '.join(flip.case_id for flip in compared.falls)}.")
    return compared, " ".join(told)


def _slim(result: CaseResult) -> CaseResult:
    """The result with what a comparison needs: the question, the scores' values, whether and why it failed."""
    plain = Case(id=result.case.id, question="-")
    kept = {name: getattr(plain, name) for name in Case.model_fields.keys() - KEPT}
    scores = {name: Score(value=one.value, reason="") for name, one in result.scores.items() if one.value is not None}
    return result.model_copy(
        update={
            "case": result.case.model_copy(update=kept),
            "answer": None,
            "scores": scores,
            "advice": None,
            "judgements": (),
        }
    )
