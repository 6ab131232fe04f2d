"""The planner without an AI model: the parts that stand in the question are what is searched."""

from collections.abc import Sequence

from chat_app.agents.brief import PastTurn, PlannerBrief
from chat_app.agents.excerpts.languages import language_of
from chat_app.agents.excerpts.parts import Part, is_same_question, parts_of, says_nothing
from chat_app.agents.excerpts.wording import WORDINGS, Wording
from chat_app.research.plan import MAX_SEARCHES, Clarification, Plan, Search

_NAMED = 5
_NAMED_CHARACTERS = 120


def decide(brief: PlannerBrief, *, may_ask: bool = True) -> Plan | Clarification:
    """A plan, or the request to name a subject where neither the question nor the thread has one and `may_ask`."""
    wording = WORDINGS[language_of(brief.question)]
    parts = parts_of(brief.question, [turn.question for turn in brief.past])
    if may_ask and not brief.attachments and all(says_nothing(part.text) for part in parts):
        return Clarification(questions=(wording.ask_subject,))
    answered = answered_before(parts, brief.past)
    if len(answered) == len(parts):
        answered = []  # Asked again on purpose.
    fresh = [part for part in parts if part not in answered]
    chosen, left_out = within(fresh, min(brief.max_searches, MAX_SEARCHES))
    where = "both" if brief.has_library and brief.has_web else "web" if brief.has_web else "library"
    return Plan(
        summary=_summary(wording, brief.question, chosen, answered, left_out),
        searches=tuple(Search(query=part.text, where=where) for part in chosen),
    )


def answered_before(parts: Sequence[Part], past: Sequence[PastTurn]) -> list[Part]:
    """Those of the parts that an earlier report was written for."""
    reported: list[str] = []
    for i, turn in enumerate(past):
        if turn.report is not None and turn.report.sources:
            reported += [part.text for part in parts_of(turn.question, [before.question for before in past[:i]])]
    return [part for part in parts if any(is_same_question(part.text, text) for text in reported)]


def within(parts: Sequence[Part], limit: int) -> tuple[list[Part], list[Part]]:
    """At most `limit` parts, and what had to be left out. A comparison as a whole is the first thing to do without."""
    chosen = list(parts)
    for part in parts:
        if len(chosen) > limit and part.is_overview:
            chosen.remove(part)
    return chosen[:limit], chosen[limit:]


def named(texts: Sequence[str]) -> str:
    """A few texts in one line, each cut at a readable length."""
    cut = [text if len(text) <= _NAMED_CHARACTERS else text[:_NAMED_CHARACTERS].rstrip() + "…" for text in texts]
    return " · ".join(cut[:_NAMED]) + (f" · … (+{len(cut) - _NAMED})" if len(cut) > _NAMED else "")


def _summary(wording: Wording, question: str, chosen: list[Part], answered: list[Part], left_out: list[Part]) -> str:
    if len(chosen) > 1:
        sentences = [wording.parts_found.format(named([part.text for part in chosen]))]
    elif is_same_question(chosen[0].text, question):
        sentences = [wording.as_it_stands]
    elif len(chosen[0].text) > len(question):
        sentences = [wording.carried.format(named([chosen[0].text]))]
    else:
        sentences = [wording.parts_found.format(named([chosen[0].text]))]
    if answered:
        sentences.append(wording.already_asked.format(named([part.text for part in answered])))
    if left_out:
        sentences.append(wording.left_out.format(named([part.text for part in left_out])))
    return " — ".join(sentences)
