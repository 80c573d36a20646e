"""Whatever is sent to the routes our own description names, nothing breaks."""

import os

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error

CASES = int(os.environ.get("FUZZ_CASES", "15"))

UNHURRIED = list(hypothesis.HealthCheck)


@pytest.fixture(scope="module")
def schema(client: httpx.Client) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json()).include(path_regex="^/api/")


def test_no_request_makes_the_server_fail(schema: schemathesis.BaseSchema, client: httpx.Client) -> None:
    counted = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @hypothesis.settings(
            max_examples=CASES, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        @hypothesis.seed(1)
        @hypothesis.given(case=operation.as_strategy())
        def one(case: schemathesis.Case) -> None:
            nonlocal counted
            counted += 1
            reply = case.call(base_url=str(client.base_url))
            case.validate_response(reply, checks=[not_a_server_error])

        one()
    assert counted > CASES
