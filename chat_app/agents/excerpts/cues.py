"""The kind of a question, and what sentences that answer such a question often hold."""

import re


def cue_of(query: str) -> re.Pattern[str] | None:
    """A few words without a question word are a subject: what it is comes first."""
    kind = next((cue for question, cue in _KINDS if question.search(query)), None)
    if kind or _OTHER_QUESTION.match(query):
        return kind
    return DEFINITION if len(query.split()) <= _SUBJECT_WORDS else None


def asks_why(query: str) -> bool:
    return cue_of(query) is _REASON


def is_negated(text: str) -> bool:
    """Whether it says, or asks, what is not."""
    return _NOT.search(text) is not None


def asks_of_changes(query: str) -> bool:
    """Whether it is about what is new in which version."""
    return _CHANGES.search(query) is not None


_SUBJECT_WORDS = 5
_NOT = re.compile(
    r"\b(?:not|never|no|none|cannot|\w+n['’]t|forbidden|prohibited|avoid|leave out|except|nicht|nichts|kein\w*|nie|verboten|untersagt|"
    r"pas|jamais|interdit\w*|aucune?|sauf|no|nunca|ni|tampoco|ningun\w*|ningún|prohibid\w*|evitar)\b|"
    r"不得|不能|不要|不可|禁止|没有|未|ない|ません|禁じ|禁止|ห้าม|ไม่",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"\b(?:new|news|chang(?:e|es|ed)|changelog|releases?d?|versions?|since|added|removed|neu\w*|geändert|änderung\w*|version\w*|"
    r"nouve\w+|chang\w+|nuev\w+|cambi\w+|versi\w+)\b|新|版|変更|更新",
    re.IGNORECASE,
)
_OTHER_QUESTION = re.compile(
    r"(?:where|when|who|which|can|could|may|do|does|did|is|are|should|wo|wann|wer|kann|darf|ist|sind|où|quand|qui|peut|"
    r"dónde|cuándo|quién|puedo)\b",
    re.IGNORECASE,
)


def _cue(words: str, *, starts: str = "", spaceless: str = "") -> re.Pattern[str]:
    """Words; how a sentence may start; and signs of scripts written without spaces."""
    ways = [rf"\b(?:{words})\b", rf"^(?:{starts})" if starts else "", spaceless]
    return re.compile("|".join(way for way in ways if way), re.IGNORECASE)


DEFINITION = _cue(
    r"is|are|means?|refers? to|is called|defines?|provides?|allows?|ist|sind|bedeutet|bezeichnet|est|sont|désigne|permet|es|son|"
    r"significa",
    starts=r"\S.{0,60} [—–-] |[—–]$",
    spaceless="是|とは|である",
)
_INSTRUCTION = _cue(
    r"you can|can be|must be|should|is used to|use the|using|by setting|by changing|to do this|können Sie|kann|muss|vous pouvez|"
    r"il faut|puede|se puede|debe",
    starts=r"(?:To|Use|Run|Set|Add|Create|Call|Type|Open|Install|Make|Um|Verwenden|Pour|Utilisez|Para)\b",
    spaceless="可以|使用|必须|てください|できます",
)
_REASON = _cue(
    r"because|since|therefore|reason|so that|in order to|due to|avoids?|allows?|advantage|ensures?|weil|da|damit|deshalb|car|"
    r"parce que|afin|donc|porque|para que|debido",
    spaceless="因为|所以|ため|から",
)
_CONTRAST = _cue(
    r"than|whereas|while|unlike|differ\w*|both|either|variants?|rather than|in contrast|instead of|compared|während|als|hingegen|"
    r"im Gegensatz|anders|tandis que|alors que|contrairement|mientras|a diferencia|que",
    spaceless="而|相比|一方|より",
)
_QUANTITY = _cue(r"\d[\d.,]*\w*|default|maximum|minimum|limit|one|two|three")
_KINDS = (
    (
        _cue(
            r"vs|versus|differ\w*|compare|contrast|unterschied\w*|vergleich\w*|différence\w*|diferencia\w*",
            spaceless="区别|不同|比较|違い|比較",
        ),
        _CONTRAST,
    ),
    (_cue("why|warum|wieso|weshalb|pourquoi|por qué", spaceless="为什么|なぜ"), _REASON),
    (
        _cue(
            r"how (?:many|much|long|large|often)|default|wie (?:viele?|lange|groß)|combien|cuánt\w+",
            spaceless="多少|いくつ",
        ),
        _QUANTITY,
    ),
    (_cue("how|wie|comment|cómo", spaceless="如何|怎么|怎样|どのように|方法"), _INSTRUCTION),
    (
        _cue(
            r"what(?:'s|’s| is| are| was| were)|what does \S+(?: \S+)? mean|was (?:ist|sind|bedeutet|heißt)|welche[rs]? (?:ist|sind)|"
            r"qu['’]est-ce que?|que signifie\w*|quel\w* (?:est|sont)|qué (?:es|son|significa\w*)|cuál\w* (?:es|son)",
            spaceless="什么是|是什么|什么意思|とは",
        ),
        DEFINITION,
    ),
)
