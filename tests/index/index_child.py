"""Run as a program: one process that builds or reads an index, for tests of several processes.

index_child.py build INDEX MOMENT     build the corpus without boats; kill itself at MOMENT, or say how often it
                                      touched a file
index_child.py full INDEX BYTES       the same, no file may grow past BYTES
index_child.py hold INDEX             the same, but say "holding" at the start and wait for a line on stdin
index_child.py read INDEX FINGERPRINT open the index, search it, report as JSON
index_child.py bound INDEX FINGERPRINT the same, bound by file permissions even as root
index_child.py lease INDEX FINGERPRINT open the index, say "open", wait for a line on stdin, search it, say "fine"
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

from index_samples import corpus, settings

from assistant.errors import AssistantError
from assistant.index.build import build_index
from assistant.index.opened import index_status, open_index


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def build(index: Path, moment: str) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        if f"{stage} {done}" == moment or (f"{stage} end" == moment and done == total):
            die()

    touched: Counter[str] = Counter()

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if not arguments or not str(arguments[0]).startswith(str(index)):
            return
        touched.update(("file", event))
        if moment in (f"file {touched['file']}", f"{event} {touched[event]}"):
            die()

    sys.addaudithook(audit)
    build_index(settings(index), corpus(boats=""), progress)
    say(str(touched["file"]))


def full(index: Path, limit: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    build_index(settings(index), corpus(boats=""))


def hold(index: Path, _: str) -> None:
    waited = []

    def progress(stage: str, done: int, total: int) -> None:
        if not waited:
            waited.append(stage)
            say("holding")
            sys.stdin.readline()

    build_index(settings(index), corpus(boats=""), progress)


def read(index: Path, fingerprint: str) -> None:
    index_status(settings(index), corpus())
    with open_index(settings(index), fingerprint) as opened:
        unit = opened.units("sentence")[0]
        vector = opened.vectors_of("sentence", [unit.id])[0]
        found = opened.nearest("sentence", vector, 1)[0][0]
    say(json.dumps({"found": found.id == unit.id, "torch": "torch" in sys.modules}))


def lease(index: Path, fingerprint: str) -> None:
    with open_index(settings(index), fingerprint) as opened:
        say("open")
        sys.stdin.readline()
        opened.check()
        say("fine")


def bound(index: Path, fingerprint: str) -> None:
    drop_from_bounding_set, overriding_permissions = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, overriding_permissions, 0, 0, 0)
    os.execv(sys.executable, [sys.executable, __file__, "read", str(index), fingerprint])


COMMANDS = {"build": build, "full": full, "hold": hold, "read": read, "bound": bound, "lease": lease}

if __name__ == "__main__":
    command, folder, *rest = sys.argv[1:]
    try:
        COMMANDS[command](Path(folder), *(rest or [""]))
    except AssistantError as error:
        say(f"{type(error).__name__}: {error}")
        sys.exit(error.exit_status)
