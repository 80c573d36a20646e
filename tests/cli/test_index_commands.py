import json
from pathlib import Path

import pytest
from filelock import FileLock


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of one short document, and a folder for its index."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "otters.md").write_text("# Otters\n\nOtters hold hands while they sleep.\n")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path / "documents"))
    monkeypatch.setenv("ASSISTANT_INDEX", str(tmp_path / "index"))
    return tmp_path / "index"


def test_building_says_what_was_built_and_then_that_it_is_current(run, own_index: Path) -> None:
    first, second = run("index", "build"), run("index", "build")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "is built (2 embedded, 0 reused): 1 passage, 1 sentence, 0 questions" in first.stdout
    assert "Building the index." in first.stderr
    assert "is current" in second.stdout
    assert second.stderr == ""


def test_forcing_builds_it_anew(run, own_index: Path) -> None:
    run("index", "build")
    made = json.loads(run("index", "build", "--force", "--json").stdout)
    assert made["built"]
    assert made["counts"] == {"passage": 1, "sentence": 1, "question": 0}
    assert Path(made["folder"]) == own_index / made["fingerprint"]


def test_status_says_why_the_index_is_not_current(run, own_index: Path) -> None:
    none = run("index", "status")
    assert none.exit_code == 0
    assert "not current: this version has no index of these documents" in none.stdout
    run("index", "build")
    assert run("index", "status").stdout.startswith("state: current\n")
    (own_index.parent / "documents" / "otters.md").write_text("# Otters\n\nOtters never sleep.\n")
    assert "not current: otters changed" in run("index", "status").stdout
    found = json.loads(run("index", "status", "--json").stdout)
    assert (found["current"], found["reasons"]) == (False, ["otters changed"])


def test_a_second_builder_is_told_to_wait(run, own_index: Path) -> None:
    own_index.mkdir()
    with FileLock(own_index / ".lock"):
        result = run("index", "build")
    assert result.exit_code == 1
    assert "Another process is building the index. Wait for it" in result.stderr
