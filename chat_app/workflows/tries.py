"""Where a turn that failed goes on when it is tried again: at the step that failed, with everything before it kept."""

from collections.abc import Sequence

from dbos import DBOS, SetWorkflowID, StepInfo

from chat_app.research.turn import Turn
from chat_app.workflows.engine import APPLICATION_VERSION

_MODEL_REQUEST = "__model.request"
_PLANNER = "planner" + _MODEL_REQUEST


async def try_again(turn: Turn, failure_kind: str | None) -> bool:
    """Begin this revision as a copy of the one before, up to the step that failed. False if the engine knows no such one.

    The copy has the first try's input; its id says which revision it is (see `revision_of`).
    """
    failed = turn.of_revision(turn.revision - 1)
    if await DBOS.get_workflow_status_async(failed.id) is None:
        return False
    steps = await DBOS.list_workflow_steps_async(failed.id)
    with SetWorkflowID(turn.id):
        # Without a queue of ours: the engine's own, in which a copy waits then, is looked at more often.
        await DBOS.fork_workflow_async(
            failed.id, failed_step(steps, failure_kind), application_version=APPLICATION_VERSION
        )
    return True


def revision_of(workflow_id: str | None) -> int:
    """The revision that a turn's workflow is, by its id."""
    return int((workflow_id or "").rpartition(":")[2] or 0)


def failed_step(steps: Sequence[StepInfo], failure_kind: str | None) -> int:
    """The number of the step from which to do the work again."""
    if failure_kind in {"all_searches_failed", "cost_limit"}:
        # Without any search, the limit came first: all that was done is kept, and the last step said that it failed.
        first_search = next((step for step in steps if step["child_workflow_id"]), steps[-1])
        return first_search["function_id"]
    if (condensing := _failed_child(steps)) is not None:
        return condensing["function_id"]
    requests = [step for step in steps if _MODEL_REQUEST in step["function_name"]]
    if not requests:
        return 1
    last = requests[-1]
    if last["function_name"].startswith(_PLANNER) and last["error"] is None:
        return requests[0]["function_id"]  # both of its answers were unusable: asked afresh
    return _first_of_errors(requests)["function_id"]


def _failed_child(steps: Sequence[StepInfo]) -> StepInfo | None:
    """Where the child was started whose failure ended the turn: that of a condensing, for searches don't raise theirs."""
    failed = next((step["child_workflow_id"] for step in steps if step["error"] and step["child_workflow_id"]), None)
    return next((step for step in steps if failed and step["child_workflow_id"] == failed), None)


def _first_of_errors(requests: Sequence[StepInfo]) -> StepInfo:
    """The last request, or the one whose failure led to it: the model that the fallback took over from is asked again."""
    first = requests[-1]
    for request in reversed(requests):
        if request["error"] is None:
            break
        first = request
    return first
