"""Tests of texts and numbers start without the heavy libraries, so that one of them answers in a second or two."""

import subprocess
import sys

from assistant.settings import CHECKOUT

LIGHT = [
    "tests/corpus", "tests/advice", "tests/evaluation/test_statistics.py", "tests/retrieval/test_reading_questions.py",
]  # fmt: skip
HEAVY = {"chromadb", "gradio", "openai", "pandas", "playwright", "sentence_transformers", "torch", "transformers"}
COLLECT = """
import sys
import pytest
print(int(pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *sys.argv[1:]])), file=sys.stderr)
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def test_tests_of_texts_and_numbers_are_collected_without_heavy_libraries() -> None:
    command = [sys.executable, "-c", COLLECT, *LIGHT]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    status, modules = done.stderr.splitlines()[-2:]
    assert status == "0", done.stdout
    assert "pydantic" in modules.split()
    assert HEAVY.isdisjoint(modules.split())
