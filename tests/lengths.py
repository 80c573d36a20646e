"""How long a test that repeats something goes on: briefly, or as long as docs/robustness.md says."""

import os

FULL = os.environ.get("ASSISTANT_TEST_LENGTH") == "full"


def length(short: int, full: int) -> int:
    """The short length, or the full one where ASSISTANT_TEST_LENGTH=full."""
    return full if FULL else short
