"""The ``assistant`` command. Each module holds one command or group of commands.

The web server starts from here; it imports nothing of this package.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 200_000
"""Objects made between two searches for garbage. Starting makes millions that stay; Python's 700 cost a sixth of it."""


def main() -> None:
    """Run the command line and leave with its exit status: 0 done, 1 failed, 2 wrong usage or input, 130 Ctrl-C."""
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
    try:
        from assistant.cli.terminal import prepare

        prepare()
        from assistant.cli.app import app

        app(prog_name="assistant")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
