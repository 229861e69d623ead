"""The interface under fuzz: whatever is asked, an answer as described, and never a 5xx."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from commonwatt.server.laboratory import Laboratory

EXAMPLES = 25
REAL = {
    "name": "homes",
    "asset": "battery/1",
    "connection": "connection/2",
    "number": "none",
    "quantity": "connection.base_kw",
}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def schema(app, operator):
    """The interface as it describes itself, without the endless stream."""
    del operator
    found = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"Host": "127.0.0.1"})
    return found.exclude(path="/api/stream")


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    """Studies are taken and never begun."""
    monkeypatch.setattr(Laboratory, "_work", lambda _self: None)


def test_answers_are_as_described(schema, operator):
    cookie = {"commonwatt": operator.cookies["commonwatt"]}
    asked = 0

    def check(operation):
        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def holds(case):
            nonlocal asked
            asked += 1
            if asked % 2:  # names that exist lead further than names made up
                case.path_parameters = {name: REAL[name] for name in case.path_parameters or {}}
            headers = {"X-Commonwatt": "1", "Host": "127.0.0.1"}
            answer = case.call(base_url="http://127.0.0.1", headers=headers, cookies=cookie)
            case.validate_response(answer, checks=CHECKS)

        holds()

    for found in schema.get_all_operations():
        check(found.ok())
    assert asked > 300


def test_every_operation_is_named_for_people(app):
    names = [
        operation["operationId"]
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
    ]
    assert len(set(names)) == len(names) > 20
    assert all(name.split("_")[0] in VERBS for name in names)


VERBS = {"read", "list", "open", "set", "put", "end", "make", "order", "cancel", "acknowledge"}


def test_every_answer_has_a_typed_schema(app):
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            good = operation["responses"].get("200") or operation["responses"].get("202")
            if good is None or path == "/api/stream":
                continue
            schema = good["content"]["application/json"]["schema"]
            assert "$ref" in schema or schema.get("type") == "array", (method, path)
