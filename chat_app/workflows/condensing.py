"""Findings longer than the analyst's model takes at once: each is shortened by itself, with its citations kept."""

from collections.abc import Sequence

from dbos import DBOS

from chat_app.agents.analyst import outcome_text
from chat_app.agents.brief import PastTurn
from chat_app.agents.condenser import condenser_prompt
from chat_app.agents.context_windows import tokens_of, window_tokens
from chat_app.agents.failures import failure_of
from chat_app.errors import ProviderError, TurnStoppedError
from chat_app.research.evidence import Finding, Outcome, Source
from chat_app.research.turn import Turn
from chat_app.workflows.lineup import Lineup
from chat_app.workflows.resources import agents, bound
from chat_app.workflows.retries import on_wait
from chat_app.workflows.turn_scope import enter
from chat_app.workflows.waits import Waits

FINDINGS_SHARE = 0.6
"""The part of a model's context that findings may fill; instructions, earlier reports and the report need the rest."""
EARLIER_SHARE = 0.2
"""The part for the reports of earlier turns."""
_WORDS_PER_TOKEN = 0.5
"""Half of what English takes, so that what comes back fits in any language."""


def findings_room(model: str) -> int:
    """Tokens of findings that the model is given at once."""
    return int(window_tokens(model) * FINDINGS_SHARE)


def too_long(outcomes: Sequence[Outcome], room_tokens: int) -> tuple[int, ...]:
    """Positions of the findings to condense so that all fit: those that take more than an equal share."""
    sizes = [tokens_of(outcome_text(outcome)) for outcome in outcomes]
    if sum(sizes) <= room_tokens:
        return ()
    share = room_tokens // len(sizes)
    return tuple(i for i, size in enumerate(sizes) if size > share and isinstance(outcomes[i], Finding))


def recent(past: tuple[PastTurn, ...], model: str) -> tuple[PastTurn, ...]:
    """The latest turns, as many as fit beside the findings; always the last one."""
    room = int(window_tokens(model) * EARLIER_SHARE)
    kept: list[PastTurn] = []
    for turn in reversed(past):
        room -= tokens_of(turn.model_dump_json())
        if room < 0 and kept:
            break
        kept.append(turn)
    return tuple(reversed(kept))


@DBOS.workflow(name="condense_task")
async def condense_task(turn: Turn, finding: Finding, model: str, share_tokens: int) -> Finding:
    """The finding in fewer words, its sources without their passages. Its usage is that of condensing alone.

    Raises ProviderError when neither the model nor the fallback can do it.
    """
    await enter(turn)
    waits = Waits(turn, bound().journal)
    lineup = Lineup(bound().fallback, waits.replaced)
    on_wait.set(lambda reason, seconds, waited: waits.waiting(lineup.who, reason, seconds, waited))
    pieces = _pieces(finding, findings_room(model))
    max_words = max(50, int(share_tokens * _WORDS_PER_TOKEN) // len(pieces))
    try:
        texts = [await _condensed(lineup, model, condenser_prompt(turn.question, piece, max_words)) for piece in pieces]
    except TurnStoppedError:
        raise
    except Exception as error:  # the edge of a workflow: the caller gets an error that can be stored
        await bound().journal.park_if_closed()
        # Only here it is known who was asked.
        failure = failure_of(error, lineup.who)
        raise ProviderError(failure.message, retryable=failure.retryable, kind=failure.kind) from error
    sources = tuple(_without_passages(source) for source in finding.sources)
    return finding.model_copy(update={"text": "\n\n".join(texts), "sources": sources, "usage": lineup.take_usage()})


async def _condensed(lineup: Lineup, model: str, prompt: str) -> str:
    result = await lineup.ask(model, lambda asked, usage: agents.condenser.run(prompt, model=asked, usage=usage))
    return result.output


def _without_passages(source: Source) -> Source:
    return source.model_copy(update={"passages": (), "quote": None})


def _pieces(finding: Finding, room_tokens: int) -> list[str]:
    """The finding as framed material, in as many pieces as it takes: cut between sources, and within one too long."""
    whole = outcome_text(finding)
    if tokens_of(whole) <= room_tokens:
        return [whole]
    parts = [finding.model_copy(update={"text": text, "sources": ()}) for text in _cut(finding.text, room_tokens)]
    parts += [
        finding.model_copy(update={"text": "", "sources": (piece,)})
        for source in finding.sources
        for piece in _cut_source(source, room_tokens)
    ]
    return [outcome_text(part) for part in parts]


def _cut_source(source: Source, room_tokens: int) -> list[Source]:
    quotes = [
        passage.model_copy(update={"quote": text})
        for passage in source.passages
        for text in _cut(passage.quote, room_tokens)
    ]
    return [source.model_copy(update={"passages": (quote,)}) for quote in quotes] or [source]


def _cut(text: str, room_tokens: int) -> list[str]:
    """Pieces that fit, cut at a paragraph or sentence where there is one."""
    pieces: list[str] = []
    # Three bytes a token at most, and no character of text takes more than four.
    limit = max(1_000, room_tokens // 2)
    while text:
        cut = len(text) if len(text) <= limit else _break_before(text, limit)
        pieces.append(text[:cut].strip())
        text = text[cut:]
    return [piece for piece in pieces if piece]


def _break_before(text: str, limit: int) -> int:
    for mark in ("\n\n", "\n", ". ", "。", " "):
        at = text.rfind(mark, limit // 2, limit)
        if at > 0:
            return at + len(mark)
    return limit
