import http.server
import threading

import pytest
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith import utils

from assistant import Assistant


def test_a_tracing_variable_sends_no_question_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[str] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "k")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    utils.get_env_var.cache_clear()
    assert utils.tracing_is_enabled(), "the variables would switch tracing on"
    with Assistant() as assistant:
        assert assistant.ask("What is the 80% rule?").citations
        assert utils.tracing_is_enabled(), "the caller's own tracing is as it was"
    wait_for_all_tracers()
    server.shutdown()
    server.server_close()
    utils.get_env_var.cache_clear()
    assert requests == []
