"""The child process: reads one document from stdin within limits, writes one JSON object to stdout.

Run as ``python -m assistant.corpus.formats SUFFIX SECONDS``. A bomb that outruns the processor time or the memory
dies here, and only here.
"""

from __future__ import annotations

import importlib
import json
import logging
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from assistant.corpus.formats import MAX_TEXT_CHARS, MEMORY_BYTES, UnreadableError

OUT_OF_MEMORY, TOO_LONG, TOO_DEEP = 3, 4, 5
"""Exit statuses beside 0; the kernel ends a child that is out of time."""
READERS = {".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx"}
_LIBRARIES = {"html": "trafilatura.metadata", "pdf": "pypdf", "docx": "lxml.etree"}
"""What each reader imports at its first use; here before the clock starts."""


def main(suffix: str, seconds: int) -> int:
    """The exit status: 0 with the result, or what is wrong, in the JSON; ``seconds`` limits the processor time."""
    logging.disable(logging.CRITICAL)
    name = READERS[suffix]
    importlib.import_module(_LIBRARIES[name])
    read = importlib.import_module(f"assistant.corpus.formats.{name}").read
    data = sys.stdin.buffer.read()
    _limit(seconds)
    try:
        extract = read(data)
    except UnreadableError as error:
        result: dict[str, object] = {"message": error.message, "remedy": error.remedy}
    except MemoryError:
        return OUT_OF_MEMORY
    except RecursionError:
        return TOO_DEEP
    else:
        if len(extract.text) > MAX_TEXT_CHARS:
            return TOO_LONG
        result = asdict(extract)
    sys.stdout.buffer.write(json.dumps(result).encode("ascii"))
    return 0


def _limit(seconds: int) -> None:
    """From here on so much more memory and processor time, and no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = resource.getrusage(resource.RUSAGE_SELF)
    last = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (last, last + 1))
    sizes = Path("/proc/self/statm")
    if sizes.exists():
        most = int(sizes.read_text().split()[0]) * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
