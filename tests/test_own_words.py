"""The repository's words are its own, and no file of it names a package registry's address."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OVERLAP = ROOT.parent / "shared" / "checks" / "overlap.py"
REGISTRY = re.compile(
    r"index-url\W{1,5}(?:https?|file):/|\"resolved\"\s*:\s*\"https?:|(?:files\.python)hosted\.org|(?:registry\.)npmjs\.org"
    r"|pypi\.org/(?:simple)|find-links\W{1,5}(?:https?|file):/"
)


@pytest.mark.skipif(
    not OVERLAP.exists(),
    reason="the comparison with the essays, ../shared/checks/overlap.py, does not lie beside the checkout",
)
def test_no_run_of_words_is_an_essays() -> None:
    done = subprocess.run([sys.executable, OVERLAP], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.strip().startswith("0 shared runs")


def test_no_file_names_a_registry() -> None:
    texts = {path: path.read_text(encoding="utf-8", errors="ignore") for path in files()}
    assert {str(path): match[0] for path, text in texts.items() if (match := REGISTRY.search(text))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index-url " + "https://packages.example/simple",
        '"resolved": "' + 'https://packages.example/a.tgz"',
        "https://files.python" + "hosted.org/packages/a.whl",
        "find-links = " + "https://packages.example/wheels",
    ],
)
def test_the_check_catches(line: str) -> None:
    assert REGISTRY.search(line)


def files() -> list[Path]:
    """Every file git has or would take; at least the pinned list is among them."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert ROOT / "requirements.txt" in found
    return found
