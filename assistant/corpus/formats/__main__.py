"""The child process: reads one document from stdin within limits, writes one JSON object to stdout.

Run as ``python -m assistant.corpus.formats SUFFIX``. A bomb that outruns the clock or the memory dies here,
and only here.
"""

from __future__ import annotations

import json
import logging
import resource
import signal
import sys
from pathlib import Path

from assistant.corpus.formats import UnreadableError, docx, html, pdf

SECONDS = 4
EXTRA_MEMORY_BYTES = 400_000_000
MAX_TEXT_CHARS = 20_000_000
READERS = {".html": html.read, ".htm": html.read, ".pdf": pdf.read, ".docx": docx.read}


def main(suffix: str) -> int:
    """Exit status: 0 with the result or what is wrong in the JSON, 3 out of memory; SIGALRM at the deadline."""
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    _limit()
    try:
        extract = READERS[suffix](data)
        if len(extract.text) > MAX_TEXT_CHARS:
            return 3
        result: dict[str, object] = {"text": extract.text, "stated": extract.stated}
    except UnreadableError as error:
        result = {"message": error.message, "remedy": error.remedy}
    except (MemoryError, RecursionError):
        return 3
    sys.stdout.buffer.write(json.dumps(result).encode("ascii"))
    return 0


def _limit() -> None:
    """From here on so much more memory, so many more seconds, no core file."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sizes = Path("/proc/self/statm")
    if sizes.exists():
        most = int(sizes.read_text().split()[0]) * resource.getpagesize() + EXTRA_MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
