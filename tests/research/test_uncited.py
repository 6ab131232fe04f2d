import pytest

from chat_app.research.uncited import MARK, marked, uncited_ends

LONG = "Heat pumps keep working in the cold at far lower efficiency"


def shown(text: str) -> str:
    return marked(text, uncited_ends(text))


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG} [1].",
        f"{LONG}\nand so on [1].",
        f"# {LONG} today",
        f"{LONG}:",
        f"**{LONG}:**",
        f"{LONG}?",
        f"*{LONG}*",
        f"> {LONG}",
        f"| {LONG} | a |\n|---|---|\n| {LONG} | b [1] |\n| short | c |",
        f"What the studies say [1]:\n\n| a | b |\n|---|---|\n| {LONG} | b |",
        f"> {LONG}\n\n— {LONG}, a page",
        f"- {LONG}\n  - b [1]",
        f"- {LONG} [1]\n\n  {LONG}\n\n  - a\n    - {LONG}",
        f"{LONG}\n====\n\n---\n\n**{LONG}**",
        f"- ```\n  {LONG}\n  ```\n1. ~~~\n   {LONG}\n   ~~~",
        f"- [{LONG}](https://a.example/b) at a.example",
        f"It says:[1]\n1. {LONG}\n2. {LONG}",
        f"```\n{LONG}\n```",
        f"~~~\n{LONG}\n\n{LONG}\n~~~",
        "In short, it depends.",
        "以下是主要结论：",
        "",
        f"- {LONG} [1]\n  - {LONG}",
        f"Two studies say so [1][2]:\n\n- {LONG}\n- {LONG}",
        f"[1]: https://a.example/{LONG}",
    ],
)
def test_what_is_cited_or_states_nothing_is_not_marked(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "with_marks"),
    [
        (f"{LONG}.", f"{LONG}. {MARK}"),
        (f"{LONG}.\n\nSo [1].", f"{LONG}. {MARK}\n\nSo [1]."),
        (f"So [1].\n\n{LONG}.  \n", f"So [1].\n\n{LONG}. {MARK}  \n"),
        (f"- {LONG}\n- {LONG} [2]\n", f"- {LONG} {MARK}\n- {LONG} [2]\n"),
        (f"1. {LONG}\n2. b", f"1. {LONG} {MARK}\n2. b"),
        (f"- {LONG}\n  {LONG}\n\n{LONG} [1]", f"- {LONG}\n  {LONG} {MARK}\n\n{LONG} [1]"),
        (f"```\na\n```\n{LONG} `[1]`", f"```\na\n```\n{LONG} `[1]` {MARK}"),
        (f"They agree:\n\n- {LONG}", f"They agree:\n\n- {LONG} {MARK}"),
        (
            f"| {LONG} | a |\n|---|---|\n| {LONG} | b |\n| {LONG} | c [1]|\n{LONG} | d",
            f"| {LONG} | a |\n|---|---|\n| {LONG} | b {MARK} |\n| {LONG} | c [1]|\n{LONG} | d {MARK}",
        ),
        (f"- a [1]\n- {LONG}", f"- a [1]\n- {LONG} {MARK}"),
        (f"- a [1]\n\n{LONG}", f"- a [1]\n\n{LONG} {MARK}"),
        (f"So [1]:\n\n- a\n\n{LONG}\n\n- {LONG}", f"So [1]:\n\n- a\n\n{LONG} {MARK}\n\n- {LONG} {MARK}"),
        (f"- ```\n  a\n  ```\n- {LONG}", f"- ```\n  a\n  ```\n- {LONG} {MARK}"),
        (f"{LONG} [a](https://b.example)", f"{LONG} [a](https://b.example) {MARK}"),
        (f"*So* {LONG} *it is*", f"*So* {LONG} *it is* {MARK}"),
        ("ปั๊มความร้อนทำงานได้ในอากาศหนาวแต่ประสิทธิภาพลดลงมาก", f"ปั๊มความร้อนทำงานได้ในอากาศหนาวแต่ประสิทธิภาพลดลงมาก {MARK}"),
        ("热泵在寒冷天气中仍然可以工作，但是效率会明显降低很多。", f"热泵在寒冷天气中仍然可以工作，但是效率会明显降低很多。 {MARK}"),
    ],
)  # fmt: skip
def test_a_statement_without_a_source_is_marked_at_its_end(text: str, with_marks: str) -> None:
    assert shown(text) == with_marks
