import pytest

from chat_app.errors import NotFound
from chat_app.storage.engine import Database, Row
from chat_app.storage.transcript import ElementRow, StepRow, Transcript
from tests.storage.places import BEGINNING, at, message, thread


async def steps(db: Database) -> list[Row]:
    async with db.read() as tx:
        return await tx.rows("SELECT id, output, is_ours FROM steps ORDER BY created_at, id")


def card(element_id: str = "card", thread_id: str = "thread", **props: int) -> ElementRow:
    return ElementRow(
        id=element_id, thread_id=thread_id, for_id="step", name="ProgressCard", props=dict(props), created_at=at(1)
    )


async def test_saving_again_replaces_and_does_not_double(database: Database):
    await thread(database)
    transcript = Transcript(database)
    await transcript.save_steps([message("m", output="half")], [card(done=1)])
    await transcript.save_steps([message("m", output="whole"), message("n", seconds=1)], [card(done=2)])
    assert [(row["id"], row["output"]) for row in await steps(database)] == [("m", "whole"), ("n", "Why?")]
    async with database.read() as tx:
        (element,) = await tx.rows("SELECT * FROM elements")
    assert ElementRow.from_columns(element).props == {"done": 2}


async def test_all_rows_are_saved_or_none(database: Database):
    await thread(database)
    await thread(database, "other", "bob")
    transcript = Transcript(database)
    await transcript.save_steps([message("bobs", "other")])
    with pytest.raises(NotFound, match="belongs to something else"):
        await transcript.save_steps([message("new"), message("bobs")])
    with pytest.raises(NotFound, match="deleted"):
        await transcript.save_steps([message("new"), message("lost", "no such thread")])
    assert [row["id"] for row in await steps(database)] == ["bobs"]


async def test_rows_are_deleted_in_their_own_thread_only(database: Database):
    await thread(database)
    await thread(database, "other", "bob")
    transcript = Transcript(database)
    await transcript.save_steps([message("m"), message("gone"), message("bobs", "other")], [card("card"), card("kept")])
    await transcript.delete_rows("thread", ["gone", "card", "bobs", "unknown"])
    await transcript.delete_rows("thread", [])
    assert {row["id"] for row in await steps(database)} == {"m", "bobs"}
    async with database.read() as tx:
        assert [row["id"] for row in await tx.rows("SELECT id FROM elements")] == ["kept"]


async def test_a_message_cannot_take_the_place_of_a_report(database: Database):
    await thread(database)
    transcript = Transcript(database)
    await transcript.save_steps([message("report", type="assistant_message", output="It is so [1].")])
    with pytest.raises(NotFound):
        await transcript.save_steps([message("report", output="mine now")])
    assert [row["output"] for row in await steps(database)] == ["It is so [1]."]


async def test_an_element_of_another_thread_cannot_be_taken(database: Database):
    await thread(database)
    await thread(database, "other", "bob")
    transcript = Transcript(database)
    await transcript.save_steps([], [card(thread_id="other", done=1)])
    with pytest.raises(NotFound):
        await transcript.save_steps([], [card(thread_id="thread", done=2)])


async def test_a_title_that_was_set_stays(database: Database):
    await thread(database, name="First question")
    await thread(database, name="Another")
    async with database.read() as tx:
        assert await tx.rows("SELECT name, created_at FROM threads") == [
            {"name": "First question", "created_at": "2026-03-01T12:00:00.000000Z"}
        ]


async def test_a_thread_of_somebody_else_is_refused(database: Database):
    await thread(database, owner="alice")
    with pytest.raises(NotFound, match="begin a new one"):
        await Transcript(database).save_thread("thread", "bob", "mine", BEGINNING)


def test_a_step_survives_the_way_through_chainlits_dictionary_and_through_columns():
    step = message(
        "m", parent_id="p", input="in", started_at=at(1), ended_at=at(2.5), streaming=True, is_error=True,
        wait_for_answer=True, default_open=True, auto_collapse=True, show_input="json", language="json", command="deep",
        metadata={"phase": "searching", "n": [1, None]}, tags=("a",), modes={"depth": "deep"}, generation={"model": "x"},
    )  # fmt: skip
    assert StepRow.from_dict(step.to_dict()) == step
    assert StepRow.from_columns(step.columns()) == step
    assert step.to_dict().keys() >= {
        "id", "threadId", "parentId", "type", "name", "input", "output", "createdAt", "start", "end", "streaming",
        "waitForAnswer", "isError", "defaultOpen", "autoCollapse", "showInput", "metadata", "tags", "modes", "generation",
        "command", "language",
    }  # fmt: skip
    assert step.to_dict()["end"] == "2026-03-01T12:00:02.500000Z"


def test_what_a_step_dictionary_leaves_out_gets_its_default():
    step = StepRow.from_dict({"id": "m", "threadId": "t", "type": "tool", "name": "n", "createdAt": None, "tags": None})
    assert (step.output, step.metadata, step.show_input, step.created_at.tzinfo is not None) == ("", {}, False, True)


def test_a_custom_element_renders_from_its_row_alone():
    element = card(done=3).to_dict()
    assert (element["type"], element["name"], element["display"]) == ("custom", "ProgressCard", "inline")
    assert (element["props"], element["forId"], element["threadId"]) == ({"done": 3}, "step", "thread")
    assert (element["url"], element["chainlitKey"], element["mime"]) == (None, None, "application/json")
