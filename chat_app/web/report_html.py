"""Markdown of a report as HTML that is safe to publish, whatever the text holds. `[3]` leads to source 3 of the same turn,
and the character MARK is shown as the remark that no source is given.

Reports quote the web, so their text is hostile: HTML is shown as text, no picture is loaded, links lead to http and https only.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from chat_app.languages.choice import DEFAULT, Language
from chat_app.languages.words import say
from chat_app.research.characters import MARK, without_commands
from chat_app.transcript.links import WebLink, names_host, web_link

MAX_CHARACTERS = 200_000
# Parsing what stands between two blank lines takes the square of its length when it is nothing but brackets.
_MAX_PARAGRAPH_CHARACTERS = 8_000
_CITATION = re.compile(r"\[(\d{1,4})\]")


class Setting(NamedTuple):
    """Where in the page a report stands."""

    sources: frozenset[int]
    """The numbers that lead somewhere; others stay plain text."""
    anchor: str
    """What the id of each source begins with."""
    heading_level: int
    """Level of the heading above the report: its own begin one below."""
    language: Language = DEFAULT


@lru_cache(maxsize=64)
def report_html(text: str, setting: Setting) -> str:
    """The report's HTML. Repeated calls are free: each viewer of a page asks for the same."""
    html: str = _MARKDOWN.render(without_commands(text[:MAX_CHARACTERS]), {"setting": setting})
    if len(text) > MAX_CHARACTERS:
        rest = say("shared.rest", setting.language, number=f"{len(text) - MAX_CHARACTERS:,}")
        html += f"<p><em>{rest}</em></p>\n"
    return html


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 -- markdown-it's name
        return True  # or the whole of it would be shown as it is written; `_show_hosts` takes the link away


def _setting(env: EnvType) -> Setting:
    return env["setting"]


def _spare_long_paragraphs(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > _MAX_PARAGRAPH_CHARACTERS:
            token.type = "unparsed"


def _fit_into_page(state: StateCore) -> None:
    """Headings below that of the turn; alignment of cells by class, since the page's policy allows no style attribute."""
    above: list[str] = []  # tags of the headings that hold the present one: no level is left out between them
    for token in state.tokens:
        if token.type == "heading_open":
            above = [*(tag for tag in above if tag < token.tag), token.tag]
            token.attrs = {"class": token.tag}  # it looks as the writer meant it
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, len(above) + _setting(state.env).heading_level)}"
        elif token.type in {"th_open", "td_open"} and "style" in token.attrs:
            token.attrs = {"class": str(token.attrs["style"]).replace("text-align:", "to-")}


def _show_hosts(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _with_hosts(token.children)


def _with_hosts(tokens: Sequence[Token]) -> list[Token]:
    """Links to web pages, which name their host; of others, the text. Links are not nested."""
    shown: list[Token] = []
    link: WebLink | None = None
    start = 0
    for token in tokens:
        if token.type == "link_open":
            link, start = web_link(str(token.attrs["href"])), len(shown)
            if link is None:
                continue
            token.attrs = {"href": link.url}
        elif token.type == "link_close":
            if link is None:
                continue
            # A picture inside is shown as its description.
            said = "".join(inside.content for inside in shown[start:])
            if not names_host(said, link.host):
                shown.append(Token("text", "", 0, content=f" ({link.host})" if said.strip() else link.host))
        shown.append(token)
    return shown


def _cite(state: StateCore) -> None:
    """Runs before escaped characters are joined with their neighbours, so that `\\[3\\]` stays what the writer meant."""
    for token in state.tokens:
        if token.children:
            token.children = _with_citations(token.children, _setting(state.env))


def _with_citations(tokens: Sequence[Token], setting: Setting) -> list[Token]:
    cited: list[Token] = []
    links = 0
    for token in tokens:
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not links:
            for is_mark, content in _around_marks(token.content):
                text = Token("uncited" if is_mark else "text", "", 0, content=content, level=token.level)
                cited.extend([text] if is_mark else _split(text, setting))
        else:
            cited.append(token)
    return cited


def _around_marks(text: str) -> Iterator[tuple[bool, str]]:
    for part in re.split(f"({MARK})", text):
        yield part == MARK, part


def _split(token: Token, setting: Setting) -> list[Token]:
    parts = _CITATION.split(token.content)
    tokens: list[Token] = []
    for index, part in enumerate(parts):
        is_citation = index % 2 == 1 and int(part) in setting.sources
        content = f"[{part}]" if index % 2 == 1 and not is_citation else part
        if content:
            tokens.append(Token("citation" if is_citation else "text", "", 0, content=content, level=token.level))
    return tokens


def _render_citation(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    number = int(tokens[index].content)
    return f'<a class="cite" href="#{_setting(env).anchor}{number}" aria-label="Source {number}">[{number}]</a>'


def _render_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow ugc")
    tokens[index].attrSet("target", "_blank")
    return renderer.renderToken(tokens, index, options, env)


def _render_image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    name, language = tokens[index].content, _setting(env).language
    said = say("shared.image", language, name=name) if name else say("shared.image_unnamed", language)
    return f'<span class="no-image">{escapeHtml(said)}</span>'


def _render_unparsed(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return escapeHtml(tokens[index].content.replace(MARK, ""))


def _no_source(_: object, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    language = _setting(env).language
    why, mark = escapeHtml(say("cite.uncited_why", language)), escapeHtml(say("cite.uncited", language).strip("()（）"))
    return f'<span class="uncited" title="{why}">{mark}</span>'


def _markdown() -> MarkdownIt:
    # `reference` is off: a line `[3]: https://…` would turn the citation [3] into a link of the text's own choice.
    markdown = _Markdown("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("reference")
    markdown.core.ruler.before("inline", "spare_long_paragraphs", _spare_long_paragraphs)
    markdown.core.ruler.after("inline", "fit_into_page", _fit_into_page)
    markdown.core.ruler.after("text_join", "show_hosts", _show_hosts)
    markdown.core.ruler.before("text_join", "cite", _cite)
    markdown.add_render_rule("citation", _render_citation)
    markdown.add_render_rule("link_open", _render_link)
    markdown.add_render_rule("image", _render_image)
    markdown.add_render_rule("unparsed", _render_unparsed)
    markdown.add_render_rule("uncited", _no_source)
    markdown.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return markdown


_MARKDOWN = _markdown()
