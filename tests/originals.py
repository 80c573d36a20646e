"""The four essays as their pages' text, which this repository does not hold: their words are their authors'."""

from pathlib import Path

import pytest

ESSAYS = Path(__file__).resolve().parents[2] / "shared" / "essays"
needed = pytest.mark.skipif(
    not ESSAYS.is_dir(),
    reason="save the text of each essay's page (corpus/README.md lists them) as ../shared/essays/<id>.txt",
)
