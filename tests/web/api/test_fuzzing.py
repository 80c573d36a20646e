"""Whatever is sent to the routes our own description names, nothing breaks."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest
import schemathesis
from lengths import length
from running import application
from schemathesis.checks import not_a_server_error

pytestmark = pytest.mark.slow

CASES = length(15, 70)
"""Of each of some thirty operations, valid ones and as many that are not."""

WITHOUT_INPUT = {"/api/models", "/api/conversations"}
UNHURRIED = list(hypothesis.HealthCheck)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, index_dir: Path) -> Iterator[httpx.Client]:
    database = f"sqlite:///{tmp_path_factory.mktemp('fuzzed') / 'kept.sqlite3'}"
    with application(keep_conversations=True, database_url=database) as served:
        yield served


@pytest.fixture(scope="module")
def schema(client: httpx.Client) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json()).include(path_regex="^/api/")


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_makes_the_server_fail(
    schema: schemathesis.BaseSchema, client: httpx.Client, mode: schemathesis.GenerationMode
) -> None:
    counted = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=UNHURRIED)
        @hypothesis.seed(1)
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def one(case: schemathesis.Case) -> None:
            nonlocal counted
            counted += 1
            reply = case.call(base_url=str(client.base_url))
            case.validate_response(reply, checks=[not_a_server_error])

        try:
            one()
        except hypothesis.errors.Unsatisfiable:
            assert mode is schemathesis.GenerationMode.NEGATIVE
            assert operation.path in WITHOUT_INPUT
    assert counted > 5 * CASES
