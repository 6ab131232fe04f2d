"""Scripts written without spaces, as pairs of characters: SQLite's tokenizers take a whole sentence of them for one word."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_SOUTHEAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_HANGUL = "\uac00-\ud7af"
_HALF_WIDTH_KANA = "\uff66-\uff9f"

_SPACELESS = re.compile(f"[{_KANA}{_HAN}{_SOUTHEAST_ASIAN}{_HALF_WIDTH_KANA}]")
_PUNCTUATION = re.compile("[\u3001-\u301f\uff01-\uff0f\uff1a-\uff20]")
_RUN = re.compile(f"[{_HAN}{_KANA}]+|[{_SOUTHEAST_ASIAN}]+|[{_HANGUL}]+")
_ANY = re.compile(f"[{_KANA}{_HAN}{_SOUTHEAST_ASIAN}{_HANGUL}{_HALF_WIDTH_KANA}]")
_HIRAGANA_RANGE = "\u3040-\u309f"
_HIRAGANA = re.compile(f"[{_HIRAGANA_RANGE}]")

# Question words and particles; a question's remaining pairs say what it is about.
_FUNCTION_WORDS = re.compile(
    "是什么|什么是|为什么|什么时候|什么|怎么样|怎么办|怎么|怎样|如何|哪些|哪个|哪里|哪天|哪儿|多少钱|多少|多久|多大|多长时间|可以|能不能|能否|"
    "有没有|有几|有多|有吗|几点|几天|几个月|几个|几次|几号|几|我们|我|你|需要|应该|吗|呢|的|了|是|在|和|與|与|請|请|"
    "為什麼|什麼|怎麼|"
    "とは何|とは|何時から|何時まで|何時|何曜日|何日間|何日|何か月|何年|何人|何回|何円|何ですか|何が|何を|何|いつまで|いつから|いつ|いくら|"
    "どのように|どのくらい|どれくらい|どうすれば|どうやって|どうしたら|どうして|どんな|どこ|どれ|どの|どう|だれ|誰|なぜ|について|"
    "教えて|ください|てもいい|でもいい|ていますか|ています|たいとき|たい|ですか|ますか|ましたか|ました|でしょうか|です|ます|いい|"
    "できる|でき|もらえ|あります|あり|ある|いる|する|ときは|とき|場合|方法|必要|ない|"
    "คืออะไร|อย่างไร|อะไรบ้าง|อะไร|ทำไม|ที่ไหน|ตรงไหน|เมื่อไหร่|เมื่อไร|หรือไม่|หรือเปล่า|กี่โมง|กี่|เท่าไหร่|เท่าไร|วันไหน|ไหน|ได้ไหม|ไหม|"
    "ยังไง|บ้าง|ได้|ต้อง|ครับ|ค่ะ|คะ|คือ|และ|ของ|ที่|ใน|"
    "무엇인가요|무엇입니까|무엇|어떻게|인가요|입니까|하나요|합니까"
)
_PARTICLES = re.compile(r"^(?:[をはがのにでとももへやかっ]|から|まで)+|[をはがのにでともへやかよね]+$")
_CHUNK = re.compile(
    f"[{_HIRAGANA_RANGE}]+|[\u30a1-\u30fa]{{2}}[\u30a1-\u30fa\u30fc]+|[^{_HIRAGANA_RANGE}]+?(?=[\u30a1-\u30fa]{{3}}|[{_HIRAGANA_RANGE}]|$)"
)
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{3,}")
_VAGUE = frozenset("方時日円人上下中前後行見出使言知的年月週回分者物事入受取")
"""Characters that alone say little."""
_LONE = re.compile(r'"([0-9a-f]{2,5})q" \*')
_PAIR = re.compile(r"\b([0-9a-f]{2,5})q([0-9a-f]{2,5})0\b")
_PAIRS = re.compile(rf'"{_PAIR.pattern}(?: {_PAIR.pattern})*"')


def has_spaceless(text: str) -> bool:
    return not text.isascii() and _ANY.search(text) is not None


def is_spaceless(character: str) -> bool:
    """Whether no space belongs between it and another such: of Chinese or Japanese, their punctuation included."""
    return _SPACELESS.match(character) is not None or _PUNCTUATION.match(character) is not None


def spaceless_count(text: str) -> int:
    return 0 if text.isascii() else len(_SPACELESS.findall(text))


def bigrams(text: str) -> Iterator[str]:
    """A term for each pair of neighbours, and one for the last character of each run, all in plain ASCII."""
    if not has_spaceless(text):
        return
    for run in _RUN.findall(unicodedata.normalize("NFKC", text)):
        for first, second in pairwise(run):
            yield _term(first, second)
        yield _term(run[-1], "")


def query_bigrams(query: str) -> dict[str, str]:
    """What to look for: readable -> term or terms. A lone character is looked for at any place: its term ends with `*`.

    Pairs of neighbours, but a word of katakana as a whole. Empty when only the words of other scripts say what is asked.
    """
    if not has_spaceless(query):
        return {}
    text = unicodedata.normalize("NFKC", query)
    said = _FUNCTION_WORDS.sub(" ", text)
    chunks = list(_chunks(said))
    if not chunks and not any(map(str.isalnum, without_spaceless(text))):
        chunks = list(_chunks(text)) or list(_RUN.findall(text))
    found: dict[str, str] = {}
    for chunk in chunks:
        if _KATAKANA.fullmatch(chunk):
            found[chunk] = _phrase(chunk)
        elif len(chunk) == 1:
            found[chunk] = _term(chunk, "")[:-1] + "*"
        else:
            found |= {first + second: _term(first, second) for first, second in pairwise(chunk)}
    return found


def phrase_of(text: str) -> str:
    """An expression that finds the text as it stands; nothing where there is none in such a script."""
    return f'"{phrase}"' if (phrase := _phrase(text)) else ""


def text_of(expression: str) -> str:
    """What such an expression looks for; nothing for words."""
    if lone := _LONE.fullmatch(expression):
        return chr(int(lone[1], 16))
    if not _PAIRS.fullmatch(expression):
        return ""
    pairs = [[chr(int(code, 16)) for code in pair] for pair in _PAIR.findall(expression)]
    return "".join([pairs[0][0], *(second for _, second in pairs)])


def has_hiragana(text: str) -> bool:
    """Whether it is likely to be grammar."""
    return _HIRAGANA.search(text) is not None


def _chunks(text: str) -> Iterator[str]:
    """Runs of one script, without the particles at their ends and without characters that alone say little."""
    for run in _RUN.findall(text):
        for chunk in _CHUNK.findall(run):
            is_kana = has_hiragana(chunk)
            kept = _PARTICLES.sub("", chunk) if is_kana else chunk.rstrip("ー")
            if len(kept) > 1 or (kept and not is_kana and kept not in _VAGUE):
                yield kept


def without_spaceless(text: str) -> str:
    """The rest: words, which the tokenizer finds by itself. Hangul stays, its words are parted by spaces."""
    return _SPACELESS.sub(" ", text)


def _phrase(text: str) -> str:
    return " ".join(_term(one, two) for one, two in pairwise(text))


@lru_cache(maxsize=100_000)
def _term(first: str, second: str) -> str:
    # A digit at the end keeps the stemmer away: it knows only endings made of letters.
    return f"{ord(first):x}q{ord(second):x}0" if second else f"{ord(first):x}q0"
