"""The documentation is true: its tables come from the code, its commands and programs run, its links lead somewhere.

Every ``sh`` and ``python`` block of the README and of ``docs/`` runs, unless the line above it is
``<!-- not run: why -->``; those are counted here, and still have to be commands and settings that exist.
"""

import ast
import json
import re
import shlex
import shutil
import socket
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from assistant import __version__
from assistant.cli.app import app
from assistant.settings import Settings
from tools.docs import PAGES, rewritten
from tools.install import ROOT

README = ROOT / "README.md"
GUIDES = (README, *sorted((ROOT / "docs").glob("*.md")))
EVERY_PAGE = (
    *GUIDES,
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted(ROOT.glob("*/README.md")),
)
NOT_RUN = {
    ("docs/chat-models.md", "a chat model"): 1,
    ("docs/chat-models.md", "a large download"): 1,
    ("docs/chat-models.md", "a server"): 1,
    ("docs/embed.md", "a server"): 4,
    ("docs/evaluate.md", "a chat model"): 1,
    ("docs/http-api.md", "a server"): 3,
    ("docs/operate.md", "a server"): 1,
    ("docs/own-documents.md", "a server"): 1,
    ("docs/own-documents.md", "the internet"): 1,
}
"""Blocks that need more than a test has, by page and by what they need."""
READERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads, "html": str, "jsx": str, "text": str,
}  # fmt: skip
"""The languages beside ``sh`` and ``python``, and how each is checked."""
SHOWN = {"README.md": "[1]", "docs/evaluate.md": "SHIP []", "docs/python.md": "LoRA"}
"""Words that the programs of a page print, all together."""
FENCE = re.compile(r"(?:^<!-- not run: ([\w ]+) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
QUIET = {"assistant data export"}
"""Nothing is kept in a test, so there is nothing to say."""
NOTE = "# Retries\n\nA client retries a failed request three times. It waits twice as long before each attempt.\n"


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. ``needs`` is why it isn't run; empty if it is."""

    page: str
    line: int
    needs: str
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    text, page = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    found = list(FENCE.finditer(text))
    assert len(found) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE)), f"{page}: a block no test reads"
    return [Block(page, text[: m.start()].count("\n") + 1, m[1] or "", m[2], m[3]) for m in found]


BLOCKS = [block for path in GUIDES for block in blocks_of(path)]


def all_of(language: str, *, run: bool) -> list[Block]:
    return [block for block in BLOCKS if block.language == language and run != bool(block.needs)]


def test_the_generated_pages_are_what_the_code_says() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert rewritten(page, text) == text, "run: make docs"


def test_every_setting_and_command_is_documented() -> None:
    settings, commands = ((ROOT / page).read_text(encoding="utf-8") for page in ("docs/settings.md", "docs/cli.md"))
    for name, field in Settings.model_fields.items():
        assert f"| `ASSISTANT_{name.upper()}` |" in settings
        assert field.description, f"{name} has no description"
    names = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert names
    for name in names:
        assert f"\n### assistant {name}" in commands


def test_one_version_is_named_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert [project["version"], released[0]] == [__version__, __version__]


def test_blocks_that_are_not_run_are_few_and_known() -> None:
    assert Counter((block.page, block.needs) for block in BLOCKS if block.needs) == NOT_RUN


def test_every_other_block_is_of_a_language_we_check() -> None:
    for block in BLOCKS:
        if block.language not in {"sh", "python"}:
            assert block.language in READERS, f"{block}: {block.language or 'no language'}"
            assert READERS[block.language](block.code), block


@pytest.mark.parametrize("block", all_of("sh", run=True), ids=str)
def test_the_shell_commands_run(block: Block, workplace: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in block.code.splitlines():
        words = shlex.split(line)
        if words[0] == "make":
            make_knows(words[1])
        elif words[0] == "export":
            name, value = setting(words[1])
            monkeypatch.setenv(name, re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{free_port}", value))
        else:
            assert words[0] == "assistant", f"no test knows how to run: {line}"
            done = CliRunner().invoke(app, words[1:])
            assert done.exit_code == 0, f"{line}: {done.output}"
            assert done.output or line in QUIET


def test_the_commands_that_are_not_run_exist() -> None:
    found = 0
    for block in all_of("sh", run=False):
        for line in block.code.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            while words and "=" in words[0]:
                setting(words.pop(0))
            if words[0] == "export" and words[1].startswith("ASSISTANT_"):
                setting(words[1])
            elif words[0] == "assistant":
                parses(words[1:])
                found += 1
            else:
                assert words[0] in {"curl", "python3", "export"}, f"{block}: {line}"
    assert found


@pytest.mark.parametrize("page", SHOWN)
def test_the_python_runs(page: str, workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for block in all_of("python", run=True):
        if block.page == page:
            exec(compile(block.code, str(block), "exec"), {})
    assert SHOWN[page] in capsys.readouterr().out


def test_no_python_is_left_out() -> None:
    assert {block.page for block in all_of("python", run=True)} == set(SHOWN)
    for block in all_of("python", run=False):
        assert ast.parse(block.code).body


def test_batch_writes_an_answer_for_each_question(workplace: Path) -> None:
    assert CliRunner().invoke(app, ["batch", "questions.jsonl", "--out", "answers.jsonl"]).exit_code == 0
    assert len((workplace / "answers.jsonl").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize("path", EVERY_PAGE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_anchors_and_pictures_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('# Two words!\n\n[a](#two-words) [b](#no) [c](none.md) <img src="none.png">\n\n```sh\n# No\n```\n')
    assert broken_links(page) == ["#no", "none.md", "none.png"]


def test_the_readme_leads_to_every_page_and_a_page_shows_every_picture() -> None:
    linked = {(README.parent / target.partition("#")[0]).resolve() for target in links_of(README)}
    assert set(GUIDES) - {README} <= linked
    shown = {(path.parent / target).resolve() for path in GUIDES for target in links_of(path)}
    assert set((ROOT / "docs").glob("*.png")) <= shown


def links_of(path: Path) -> list[str]:
    """The page's relative links and pictures, as written."""
    text = re.sub(r"`[^`\n]+`", "", FENCE.sub("", path.read_text(encoding="utf-8")))
    found = [markdown or html for markdown, html in LINK.findall(text)]
    return [target for target in found if not re.match(r"\w+:", target)]


def broken_links(path: Path) -> list[str]:
    broken = []
    for target in links_of(path):
        name, _, anchor = target.partition("#")
        there = path.parent / name if name else path
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            broken.append(target)
    return broken


def anchors_of(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def make_knows(target: str) -> None:
    """Setting up anew and serving the chat are too much for a test; that make can follow the target is checked."""
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def setting(assignment: str) -> tuple[str, str]:
    """Name and value of an assignment, whose name has to be a setting's."""
    name, _, value = assignment.partition("=")
    assert name.removeprefix("ASSISTANT_").lower() in Settings.model_fields, f"{name} is no setting"
    return name, value


def parses(arguments: list[str]) -> None:
    """Raise click's UsageError unless a command takes these arguments."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    command.make_context(command.name, arguments)


@pytest.fixture(scope="module")
def own_index(index_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notes' index, because some commands build further ones."""
    return Path(shutil.copytree(index_dir, tmp_path_factory.mktemp("docs") / "index"))


@pytest.fixture
def workplace(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages' commands name."""
    (tmp_path / "my-documents").mkdir()
    for name in ("notes.md", "my-documents/retries.md"):
        (tmp_path / name).write_text(NOTE, encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text('{"id": "1", "question": "When is fine-tuning worth it?"}\n')
    (tmp_path / "eval").symlink_to(ROOT / "eval")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_INDEX", str(own_index))
    monkeypatch.setenv("ASSISTANT_ORIGINALS", str(tmp_path / "originals"))
    return tmp_path


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on: there a chat model is down, and answers come all the same."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
