"""Starting and ending the server."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from serving import ended, serving

from assistant.errors import AssistantError, ConfigurationError
from assistant.settings import load_settings
from assistant.web.server import address_of, listening, refuse_public, serve


def test_a_port_in_use_is_told_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AssistantError, match=rf"Port {port} on 127\.0\.0\.1 is in use\. Set ASSISTANT_PORT"):
            serve(load_settings(port=port))


@pytest.mark.parametrize("name", ["rate_limit", "token_cap"])
def test_a_limit_that_is_none_is_told_before_anything_is_loaded(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # a later look at the settings would name the port
        settings = load_settings(port=taken.getsockname()[1], **{name: "many"})
        with pytest.raises(ConfigurationError, match=f"ASSISTANT_{name.upper()}"):
            serve(settings)


def test_an_address_that_isnt_this_machines_is_told() -> None:
    with pytest.raises(AssistantError, match=r"can't be listened on .* Check ASSISTANT_HOST"):
        listening("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_other_machines_are_let_in_only_by_a_setting(host: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSISTANT_ALLOW_PUBLIC"):
        refuse_public(load_settings().model_copy(update={"host": host}))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_is_always_let_in(host: str) -> None:
    refuse_public(load_settings(host=host))


def test_the_address_is_one_a_browser_takes() -> None:
    with listening("127.0.0.1", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.mark.slow
def test_warming_up_loads_what_a_first_question_would_wait_for_and_asks_no_model(index_dir: Path) -> None:
    nobody = "http://127.0.0.1:9/v1"
    program = (
        "import sys; from assistant import Assistant; from assistant.web.server import warm_up\n"
        f"with Assistant(model='openai:local', model_base_url={nobody!r}, model_api_key='k') as opened:\n"
        "    warm_up(opened); before = set(sys.modules)\n"
        "    opened.search('Why?')\n"
        "    print('onnxruntime' in before, len(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["True", "0"]


def test_the_server_ends_in_order_while_a_page_is_open(index_dir: Path) -> None:
    with serving() as (process, address), httpx.stream("GET", f"{address}gradio_api/heartbeat/one", timeout=60) as page:
        assert page.status_code == 200
        assert ended(process, signal.SIGTERM) == (-signal.SIGTERM, "")
