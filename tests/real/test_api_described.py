"""The API's description is true: schemathesis asks what it allows and what it does not, and holds the answers against it."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from dashboard.api.questions import QUESTIONS
from tests.real.asked import Api, visited


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Api]:
    with visited(tmp_path_factory.mktemp("described") / "data", redis_url, FIZZSTAT_LIMIT_API="off") as system:
        yield Api(system)


@pytest.fixture(scope="module")
def described(api: Api) -> BaseSchema:
    """As it is served, but that questions are of a site that there is, and their bodies alone are made up."""
    raw = api.client.get("/api/openapi.json").get_json()
    raw["components"]["schemas"]["SiteId"] = {"const": api.site}
    raw["security"] = []
    for path in raw["paths"].values():
        for operation in path.values():
            operation["parameters"] = []
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = api.client.application
    return schema


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", [question.name for question in QUESTIONS])
def test_answers_are_what_the_description_says(api: Api, described: BaseSchema, name: str, mode: GenerationMode) -> None:
    operation = described[f"/api/v2/{name}"]["POST"]
    answered = set()

    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {api.key}"})
        answered.add(answer.status_code)
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])  # which metrics go together no schema says

    ask()
    if mode.is_positive:
        assert 200 in answered
