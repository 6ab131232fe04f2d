import pytest
from pydantic import ValidationError

from chat_app.research.plan import MAX_SEARCHES, Clarification, Plan, Search


def plan(*queries: str) -> Plan:
    return Plan.model_validate({"summary": "", "searches": [{"query": query} for query in queries]})


def test_a_plan_keeps_its_first_five_searches() -> None:
    planned = plan(*(f"query {n}" for n in range(9)))
    assert [search.query for search in planned.searches] == [f"query {n}" for n in range(MAX_SEARCHES)]


def test_repeated_queries_are_one_search_whatever_their_case_and_spacing() -> None:
    planned = plan("Blue sky", " blue   SKY", "red sky")
    assert [search.query for search in planned.searches] == ["Blue sky", "red sky"]


def test_repetitions_do_not_take_the_place_of_other_searches() -> None:
    assert len(plan("a", "a", "a", "a", "a", "b", "c").searches) == 3


def test_a_plan_of_searches_made_in_code_is_limited_too() -> None:
    searches = tuple(Search(query=f"query {n}") for n in range(7))
    assert Plan(summary="", searches=searches).searches == searches[:5]


@pytest.mark.parametrize("searches", [[], None, "query", ["query"], [{"query": ""}], [{"query": "q" * 401}], [{}]])
def test_a_plan_that_cannot_be_run_is_refused(searches: object) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate({"summary": "", "searches": searches})


def test_a_plan_survives_storage() -> None:
    planned = plan("a", "b")
    assert Plan.model_validate_json(planned.model_dump_json()) == planned


@pytest.mark.parametrize("count", [0, 4])
def test_a_clarification_asks_one_to_three_questions(count: int) -> None:
    with pytest.raises(ValidationError):
        Clarification(questions=("Which one?",) * count)
    assert len(Clarification(questions=("Which one?",) * 3).questions) == 3


def test_the_schema_that_a_model_sees_says_what_the_fields_are_for() -> None:
    schema = Plan.model_json_schema()
    assert schema["properties"]["searches"]["description"] == "One to five different searches."
    assert "search engine" in schema["$defs"]["Search"]["properties"]["query"]["description"]
    assert schema["properties"]["searches"]["items"] == {"$ref": "#/$defs/Search"}
