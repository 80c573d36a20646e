"""Measure a chat model on this machine: ``python -m tools.bench_model eval/reader-dev.jsonl --every 6 --out FILE``.

Which model, and what it does, say ASSISTANT_MODEL and ASSISTANT_MODEL_TASK. The answers go to FILE, for
``assistant eval run --answers FILE``; seconds to the first word, tokens, reuse of the prefix and memory are summed up.
With a local model its processor time is told too, which, other than seconds, does not hang on how busy the machine is.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from assistant import Assistant
from assistant.answering.local import LocalServer, is_local, local_server
from assistant.answering.stages import Done, Waiting
from assistant.types import Turn


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    """What a process holds in memory at the most so far, its model's file included."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def asked(assistant: Assistant, case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer to a case, and what it took."""
    started = time.perf_counter()
    seen: dict[str, float] = {}
    history = tuple(Turn(**turn) for turn in case["history"])
    for event in assistant.stream(case["question"], history):
        name = event.doing if isinstance(event, Waiting) else type(event).__name__
        seen.setdefault(name, round(time.perf_counter() - started, 2))
        if isinstance(event, Done):
            answer = event.answer
    took = {"first": seen.get("writing"), "shown": seen.get("Token"), "whole": seen["Done"]}
    return answer.model_dump(mode="json"), {
        "id": case["id"],
        "model": answer.model,
        **took,
        **answer.usage.model_dump(),
    }


def counters(server: LocalServer) -> dict[str, float]:
    """The server's own."""
    address, key = server.access()
    text = httpx.get(f"{address}/metrics", headers={"Authorization": f"Bearer {key}"}, trust_env=False).text
    lines = (line.removeprefix("llamacpp:").split() for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def main() -> int:
    """Ask, write the answers, and print a summary as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.suite.read_text().splitlines()][:: options.every]
    taken: list[dict[str, Any]] = []
    with Assistant() as assistant, options.out.open("w") as out:
        server = local_server(assistant.settings) if is_local(assistant.settings.model) else None
        before = counters(server) if server else {}
        pid = server.process_id() if server else None
        with suppress(KeyboardInterrupt):  # what was asked so far is summed up
            for case in cases:
                used = processor_seconds(pid) if pid else 0.0
                answer, took = asked(assistant, case)
                spent = round(processor_seconds(pid) - used, 2) if pid else None
                taken.append(took | {"processor": spent, "load": round(os.getloadavg()[0], 1)})
                out.write(json.dumps(answer | {"id": case["id"]}, ensure_ascii=False) + "\n")
                out.flush()
                print(json.dumps(taken[-1]), file=sys.stderr, flush=True)
        after = counters(server) if server else {}
        asked_model = [took for took in taken if took["input_tokens"]]  # code may answer alone, or decline
        summary: dict[str, Any] = {"questions": len(taken), "asked_model": len(asked_model)}
        for name in ("first", "whole", "processor", "input_tokens", "cached_input_tokens", "output_tokens", "load"):
            values = [took[name] for took in asked_model if took[name] is not None]
            summary[name] = round(statistics.median(values), 2) if values else None
        summary |= {"memory_mb": memory_mb(pid) if pid else None}
        summary |= {name: round(value - before.get(name, 0), 2) for name, value in after.items() if "total" in name}
    print(json.dumps(summary, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
