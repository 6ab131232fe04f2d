"""What the scripted providers say where the scenario leaves it open: plausible, made up, and marked as such.

Every page lives under `.example`, a domain that can never exist (RFC 2606).
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.fakes.ask import Json, NumberedSource
from tests.fakes.scenario import FoundSource, PlannedSearch, SearchAnswer, Sentence

REPORT_NOTICE = "*Scripted demo: a script wrote this text, no model was asked, and the `.example` pages do not exist.*"

_LEAD = re.compile(
    r"^(?:(?:and|but|so|then|please|tell me|explain|describe|compare|give me|find|what|why|how|who|when|where|which|"
    r"about|is|are|was|were|do|does|did|has|have|can|could|should|would|will|the|an?|to|of|we|i|you|"
    r"this|that|these|those|it|its|they|their)\b[\s,]*)+",
    re.I,
)
# "heat pumps work in winter" is no subject that sources can be about; "heat pumps in winter" is.
_VERB = re.compile(r"(?<=\w) (?:works?|happens?|occurs?|exists?|functions?|operates?|matters?|changes?)\b", re.I)
_CITED_NUMBER = re.compile(r"\s*\[\d+(?:[,;]\s*\d+)*\]")
_MANNERS = ("According to {title}, “{said}”", "{title} has it that “{said}”", "In the words of {title}: “{said}”")
_MOST_CITED = 10
"""A report that cites more sources than this reads like a list."""


@dataclass(frozen=True)
class _Page:
    host_and_path: str
    title: str
    passage: str
    sentence: str


@dataclass(frozen=True)
class _Angle:
    words: str
    purpose: str
    pages: tuple[_Page, ...]


_ENCYCLOPEDIA = _Page(
    "encyclopedia.example/wiki/{slug}",
    "{Topic} (Example Encyclopedia)",
    "Accounts of {topic} agree on the main terms and differ mostly in how far back they trace them.",
    "Reference works on {topic} agree on the main terms and differ in how far back they trace them.",
)
_ANGLES = (
    _Angle(
        "overview and key terms",
        "What it is and which terms matter",
        (
            _ENCYCLOPEDIA,
            _Page(
                "handbook.example/{slug}/introduction",
                "{Topic}: an introduction (Example Handbook)",
                "An account of {topic} has three parts: what is observed, what causes it, and where it ends.",
                "An introduction to {topic} usually has three parts: the observation, its cause, its limits.",
            ),
        ),
    ),
    _Angle(
        "evidence and measurements",
        "What has been measured, and how well",
        (
            _Page(
                "journal.example/2024/reviews/{slug}",
                "Measuring {topic}: a review (Journal of Examples)",
                "Of 41 studies of {topic}, 33 report an effect in the same direction, strongest where repeated.",
                "A review counts 41 studies of {topic}, of which 33 point in the same direction.",
            ),
            _Page(
                "data.example/series/{slug}",
                "{Topic}: open data series",
                "The series on {topic} covers eleven years with two gaps, which its maintainers describe in the notes.",
                "The longest open data series on {topic} covers eleven years, with two documented gaps.",
            ),
        ),
    ),
    _Angle(
        "criticism and limits",
        "Where the usual account is disputed",
        (
            _Page(
                "debate.example/essays/{slug}",
                "What we do not know about {topic}",
                "The usual objection is that findings about {topic} come from few places and are generalised.",
                "Critics object that findings about {topic} come from few places and are generalised.",
            ),
            _ENCYCLOPEDIA,
        ),
    ),
    _Angle(
        "recent developments",
        "What has changed lately",
        (
            _Page(
                "news.example/science/{slug}",
                "New work on {topic} (Example News)",
                "Two groups published on {topic} this year, and both call their results preliminary.",
                "Two groups published new results on {topic} this year, and both call them preliminary.",
            ),
            _Page(
                "lab.example/notes/{slug}",
                "Laboratory notes: {topic}",
                "A second instrument changed the measured result on {topic} by less than four percent.",
                "A repetition with a second instrument changed the result by less than four percent.",
            ),
        ),
    ),
    _Angle(
        "alternatives compared",
        "What else is possible, and at what cost",
        (
            _Page(
                "review.example/comparisons/{slug}",
                "{Topic} and its alternatives, compared",
                "Compared with its alternatives, {topic} is easier to begin with and costs more attention later.",
                "A comparison finds {topic} easier to begin with than its alternatives, and more demanding later.",
            ),
            _Page(
                "standards.example/guides/{slug}",
                "Guide to {topic} (Example Standards Office)",
                "Decide about {topic} by three criteria: reliability, effort and reversibility.",
                "A published guide names three criteria for the decision: reliability, effort and reversibility.",
            ),
        ),
    ),
)


def topic_of(questions: Sequence[str]) -> str:
    """What the last question is about; a short follow-up is read together with the question before it."""
    topics = [_topic(question) for question in questions]
    current, before = topics[-1], topics[-2] if len(topics) > 1 else ""
    return f"{current} of {before}" if before and len(current.split()) < 3 else current


def planned_searches(questions: Sequence[str], count: int) -> tuple[PlannedSearch, ...]:
    topic = topic_of(questions)
    return tuple(PlannedSearch(query=f"{topic}: {angle.words}", purpose=angle.purpose) for angle in _ANGLES[:count])


def plan(questions: Sequence[str], searches: Sequence[PlannedSearch], summary: str | None = None) -> Json:
    topic = topic_of(questions)
    return {
        "summary": summary or f"Scripted plan: {len(searches)} searches that look at {topic} from different sides.",
        "searches": [search.model_dump() for search in searches],
        "analysis_instructions": f"Say what the sources on {topic} agree on, where they differ, and what stays open.",
    }


def direct_answer(sources: Sequence[NumberedSource]) -> Json:
    numbers = _citations([source.number for source in sources[:2]])
    return {"text": f"{REPORT_NOTICE}\n\nThe sources found earlier in this conversation answer this already{numbers}."}


def clarification(questions: Sequence[str]) -> Json:
    topic = topic_of(questions)
    return {"questions": [f"Which side of {topic} matters to you?", "Which period should the report cover?"]}


def search_answer(query: str) -> SearchAnswer:
    """The pages of the angle that the query names, or of one chosen by the query's words."""
    angle = next((a for a in _ANGLES if query.endswith(a.words)), _ANGLES[zlib.crc32(query.encode()) % len(_ANGLES)])
    topic = _topic(query.removesuffix(angle.words).rstrip(": "))
    slug = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")[:60] or "topic"
    names = {"topic": topic, "Topic": topic[:1].upper() + topic[1:], "slug": slug}
    sources = tuple(
        FoundSource(
            url="https://" + page.host_and_path.format(**names),
            title=page.title.format(**names),
            passage=page.passage.format(**names),
        )
        for page in angle.pages
    )
    sentences = [Sentence(text=page.sentence.format(**names), sources=(i,)) for i, page in enumerate(angle.pages)]
    both = Sentence(text="None of these pages contradicts another one.", sources=tuple(range(len(sources))))
    return SearchAnswer(sentences=(*sentences, both), sources=sources)


def report(questions: Sequence[str], sources: Sequence[NumberedSource]) -> str:
    """Markdown in three sections in which every factual sentence cites sources of the prompt, and no others."""
    topic = topic_of(questions)
    if not sources:
        return f"{REPORT_NOTICE}\n\nThe searches brought nothing about {topic}, so there is nothing to report."
    cited = list(sources[-_MOST_CITED:])
    numbers = [source.number for source in cited]
    first, last = _citations(numbers[:2]), _citations(numbers[-2:])
    told = [_told(source, topic, _MANNERS[i % len(_MANNERS)]) for i, source in enumerate(cited)]
    paragraphs = [" ".join(told[i : i + 3]) for i in range(0, len(told), 3)]
    return "\n\n".join(
        [
            REPORT_NOTICE,
            "## In short",
            f"The sources give a consistent picture of {topic}{first}. They differ in how certain they are{last}.",
            "## What the sources say",
            *paragraphs,
            "## What stays open",
            f"No source settles all of the question about {topic}{last}. What remains is to compare them{first}.",
        ]
    )


def follow_ups(questions: Sequence[str], asked_next: Sequence[str]) -> str:
    """What comes after a report, in the form in which the program asks for it."""
    if not asked_next:
        return ""
    lines = [question.replace("{topic}", topic_of(questions)) for question in asked_next]
    return "\n\n" + "\n".join(["<ask_next>", *lines, "</ask_next>"])


def _told(source: NumberedSource, topic: str, manner: str) -> str:
    title = source.title.replace("*", "") or f"Source {source.number}"
    passage = _CITED_NUMBER.sub("", source.passage)
    sentence = re.split(r"(?<=[.!?])\s", passage, maxsplit=1)[0][:240].rstrip(" .")
    return f"{manner.format(title=f'**{title}**', said=sentence or f'this page is about {topic}')} [{source.number}]."


def _citations(numbers: Sequence[int]) -> str:
    return "".join(f" [{n}]" if i == 0 else f"[{n}]" for i, n in enumerate(dict.fromkeys(numbers)))


def _topic(question: str) -> str:
    line = re.split(r"[?!](?:\s|$)|\n", question.strip(), maxsplit=1)[0]
    line = " ".join(line.split()).rstrip(". ")
    subject = _VERB.sub("", _LEAD.sub("", line), count=1)
    return (subject or line or "this subject")[:100]
