import hashlib
import json
from pathlib import Path

import pytest

IDS = ["devx-helps-hurts", "dumitru-answer", "logic-trap", "pan-framework"]


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the corpus."""
    folder = tmp_path / "documents"
    folder.mkdir()
    monkeypatch.setenv("ASSISTANT_CORPUS", str(folder))
    monkeypatch.delenv("ASSISTANT_ORIGINALS")
    return folder


def test_the_list_names_every_document(run) -> None:
    lines = run("corpus", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[source_id, "notes"] for source_id in IDS]
    assert "Tian Pan" in lines[4]


def test_the_list_as_json_leaves_the_text_out(run) -> None:
    listed = json.loads(run("corpus", "list", "--json").stdout)
    assert [essay["id"] for essay in listed] == IDS
    assert all("text" not in essay and essay["words"] > 500 for essay in listed)


def test_show_prints_exactly_the_text(run) -> None:
    shown = json.loads(run("corpus", "show", "logic-trap", "--json").stdout)
    assert list(shown) == ["id", "title", "author", "publisher", "published", "url", "kind", "sha256", "text"]
    assert run("corpus", "show", "logic-trap").stdout == shown["text"]
    assert hashlib.sha256(shown["text"].encode()).hexdigest() == shown["sha256"]


def test_an_unknown_id_is_bad_input_and_the_known_ones_are_named(run) -> None:
    result = run("corpus", "show", "nope")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "logic-trap" in result.stderr


def test_documents_left_out_are_named_on_stderr(run, own_folder: Path) -> None:
    (own_folder / "good.md").write_text("# Good\n\nA text that can be read.\n")
    (own_folder / "bad.md").write_bytes("Поезд".encode("cp1251"))
    result = run("corpus", "list", "--json")
    assert [essay["id"] for essay in json.loads(result.stdout)] == ["good"]
    assert "Warning:" in result.stderr
    assert "bad.md: is not UTF-8" in result.stderr


def test_added_documents_are_there_and_a_bad_one_is_named(run, own_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Sea Otters.txt").write_text("Sea otters\n\nThey hold hands while they sleep.\n")
    (tmp_path / "empty.txt").write_text("")
    result = run("corpus", "add", tmp_path / "Sea Otters.txt", tmp_path / "empty.txt", "http://127.0.0.1/x")
    assert result.exit_code == 1
    assert result.stdout.startswith("Added sea-otters: “Sea otters”")
    assert "empty.txt" in result.stderr
    assert "127.0.0.1" in result.stderr
    assert "hold hands" in run("corpus", "show", "sea-otters").stdout


def test_another_text_under_the_same_id_needs_replace(run, own_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "otters.txt"
    for text in ("Otters sleep.\n", "Otters wake.\n"):
        source.write_text(text)
        result = run("corpus", "add", source)
    assert result.exit_code == 1
    assert run("corpus", "add", source, "--replace").exit_code == 0
    assert "wake" in run("corpus", "show", "otters").stdout


def test_fetching_an_essay_that_is_not_built_in_is_bad_input(run) -> None:
    result = run("corpus", "fetch", "nope")
    assert result.exit_code == 2
    assert "pan-framework" in result.stderr


def test_what_an_import_leaves_out_is_said(run, own_folder: Path, tmp_path: Path) -> None:
    page = "<nav>All about sea otters and their many friends</nav><p>They hold hands.</p><img src=a.png>"
    (tmp_path / "otters.html").write_text(page)
    result = run("corpus", "add", tmp_path / "otters.html")
    assert result.exit_code == 0
    assert "Warning: otters: Only 27% of its visible letters and digits arrived. Left out: 1 picture; " in result.stderr
    assert "(“All about sea otters and their many friends”)." in result.stderr


def test_what_documents_of_the_folder_lost_is_said_by_the_list(run, own_folder: Path) -> None:
    (own_folder / "otters.html").write_text("<p>They hold hands.</p><img src=a.png>")
    result = run("corpus", "list")
    assert result.stdout.splitlines()[1].startswith("otters")
    assert f"Warning: {own_folder / 'otters.html'}: Left out: 1 picture." in result.stderr
