"""The real pipeline as it is evaluated: by its own prompts, and never by an answer of something else."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from foreign_server import ForeignServer

from assistant import evaluation
from assistant.answering import prompts
from assistant.errors import ConfigurationError, ModelUnavailable
from assistant.evaluation.answerers import OwnPipeline, setup_of
from assistant.evaluation.cases import Case
from assistant.settings import load_settings

LORA = Case(id="lora", question="What does a LoRA run cost?")


@pytest.fixture
def own_prompts(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    copytree(prompts.FOLDER, folder)
    (folder / "answer.md").write_text((folder / "answer.md").read_text() + "\nWrite like a pirate.\n")
    return folder


@pytest.fixture
def pipeline(index_dir: Path) -> Iterator[OwnPipeline]:
    with closing(OwnPipeline(load_settings())) as opened:
        yield opened


def test_the_smoke_suite_runs_through_the_real_pipeline(index_dir: Path, tmp_path: Path) -> None:
    (run,) = evaluation.run_suite("smoke", out=tmp_path)
    assert len(run.results) == len(evaluation.load_suite("smoke").cases)
    assert not any(result.error for result in run.results)
    assert evaluation.gate(run).passed.n == len(run.results)
    assert run.setup.index_fingerprint == run.results[0].answer.index_fingerprint  # type: ignore[union-attr]


def test_the_set_up_names_everything_an_answer_depends_on(pipeline: OwnPipeline) -> None:
    found = setup_of(evaluation.load_suite("smoke"), pipeline)
    assert found.prompt_sha256 == pipeline.answer(LORA).prompt_sha256
    assert set(found.corpus_sha256) == set(pipeline.essays)
    assert (found.model, found.prompts, found.corpus) == ("extractive", "built-in", "built-in")
    assert "+" in found.code_version


def test_a_folder_of_prompts_takes_the_place_of_the_built_in_ones(index_dir: Path, own_prompts: Path) -> None:
    with ForeignServer(lambda _: "") as server:
        settings = load_settings(prompts=own_prompts, model="openai:local", model_base_url=f"{server.address}/v1")
        with closing(OwnPipeline(settings)) as pipeline:
            with pytest.raises(ModelUnavailable, match="did not answer this itself"):
                pipeline.answer(LORA)
            name, digest = pipeline.prompts
    assert "Write like a pirate." in server.asked[0][2]["messages"][0]["content"]
    assert (name, digest == prompts.prompts_sha256()) == (str(own_prompts), False)


def test_a_folder_that_lacks_a_prompt_is_refused(index_dir: Path, own_prompts: Path) -> None:
    (own_prompts / "condense.md").unlink()
    with pytest.raises(ConfigurationError, match=r"condense\.md can't be read"):
        OwnPipeline(load_settings(prompts=own_prompts))
    (own_prompts / "condense.md").write_text("x")
    (own_prompts / "examples.yaml").write_text("- x")
    with pytest.raises(ConfigurationError, match="no list of examples"):
        OwnPipeline(load_settings(prompts=own_prompts))


def test_the_names_for_a_notebook_are_functions_whatever_was_imported_before() -> None:
    import assistant.evaluation.comparing
    import assistant.evaluation.gating  # noqa: F401

    assert all(callable(getattr(evaluation, name)) for name in evaluation.__all__)
    with pytest.raises(AttributeError):
        _ = evaluation.nothing
