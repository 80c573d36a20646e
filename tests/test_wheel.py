"""The wheel carries all it needs and answers from an empty folder."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from assistant.index.folder import complete_indexes
from assistant.settings import load_settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
ASK = "import assistant; from assistant.cli import main; print(assistant.__file__, flush=True); main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_the_package_with_its_data(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    package = [path for path in (ROOT / "assistant").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(ROOT).as_posix() for path in package} <= held
    assert any(name.startswith("assistant/answering/prompts/") for name in held)


def test_it_carries_the_notes_and_the_question_sets(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    notes = [path for path in (ROOT / "corpus").glob("*.md") if path.name != "README.md"]
    data = [*notes, *(ROOT / "corpus").glob("*/*.yaml"), *(ROOT / "eval").glob("*.jsonl")]
    assert data
    assert {f"assistant/data/{path.relative_to(ROOT).as_posix()}" for path in data} <= held


def test_it_carries_no_originals_no_index_and_no_tests(wheel: Path) -> None:
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.split("/")[0] == "assistant" or ".dist-info/" in name
        assert "originals" not in name.split("/")


def test_installed_it_answers_from_an_empty_folder(wheel: Path, index_dir: Path, tmp_path: Path) -> None:
    """It builds its index there, but takes vectors and exported model from the tests: each is a minute's work."""
    target, empty, cache = tmp_path / "site", tmp_path / "empty", tmp_path / "cache"
    empty.mkdir()
    older, _ = complete_indexes(index_dir)[0]
    shutil.copytree(older, cache / "essay-assistant" / "index" / "older")
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--target", target, wheel]
    subprocess.run([*install, "--python", sys.executable], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    environment |= {"PYTHONPATH": str(target), "XDG_CACHE_HOME": str(cache), "XDG_DATA_HOME": str(tmp_path / "data")}
    environment["ASSISTANT_ENCODERS"] = str(load_settings().encoders_dir)
    command = [sys.executable, "-c", ASK, "ask", "When is fine-tuning worth it?", "--json"]
    done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    module, _, answer = done.stdout.partition("\n")
    assert Path(module).is_relative_to(target)
    assert json.loads(answer)["citations"]
    assert (cache / "essay-assistant" / "index" / older.name / "manifest.json").exists()
    assert not list(target.rglob("manifest.json"))
    assert not list(empty.iterdir())
