"""What a workflow of a turn works under: its stop, its patience, and its end if it has one already."""

from chat_app import telemetry
from chat_app.agents import stopping, waiting
from chat_app.errors import TurnStoppedError
from chat_app.research.turn import Turn
from chat_app.workflows.resources import bound


async def enter(turn: Turn) -> None:
    """Call it first in each workflow of the turn. Raises TurnStoppedError when the turn has ended.

    A process can die after a turn's end was written and before the engine knows of it; what was stopped must not go on
    at the next start.
    """
    resources = bound()
    stopping.current_turn_id.set(turn.id)
    telemetry.label(turn.id, turn.thread_id)
    waiting.patience.set(resources.patience)
    feed = resources.journal.hub.feed(turn.id)
    if feed.view.seq < 0:
        await feed.refresh()
    if feed.is_ended:
        await resources.journal.save_transcript(turn)
        raise TurnStoppedError("The research has ended already.")
