"""What figure a question asks for, a time, a duration or a price, and what such a figure looks like."""

import re


def measure_of(query: str) -> re.Pattern[str] | None:
    return next((figure for question, figure in _MEASURES if question.search(query)), None)


def _any(words: str, signs: str = "") -> re.Pattern[str]:
    """Words, and signs of scripts written without spaces."""
    return re.compile(rf"\b(?:{words})\b|{signs}" if signs else rf"\b(?:{words})\b", re.IGNORECASE)


_FEW = (
    r"\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|ein\w*|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|"
    r"une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|uno?|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez"
)
_UNIT = (
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|"
    r"secondes?|heures?|jours?|semaines?|mois|ans?|années?|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?"
)
_SPACELESS_UNIT = (
    r"[\d一二两三四五六七八九十]+\s?(?:秒|分|小时|時間|天|日|周|週|个月|か月|ヶ月|月|年|วัน|สัปดาห์|เดือน|ปี|ชั่วโมง|นาที)"
)
_WEEKDAY = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?|werktags?|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábados?|domingos?"
)
_MONTH = (
    r"january|february|march|april|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|"
    r"dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|"
    r"julio|agosto|septiembre|octubre|noviembre|diciembre"
)
_CLOCK = r"\d{1,2}(?:[.:]\d\d)?\s?(?:am|pm|uhr|h|o'clock|heures?|horas?)|\d{1,2}:\d\d|\d{1,2} de la \w+|noon|midnight|mittags?|midi"
_SPACELESS_CLOCK = (
    r"[\d一二三四五六七八九十]+\s?(?:時|点|น\.|โมง)|[月火水木金土日]曜|周[一二三四五六日末]|星期|\d+月|月末|毎月|"
    r"วัน(?:จันทร์|อังคาร|พุธ|พฤหัส|ศุกร์|เสาร์|อาทิตย์)"
)
_DURATION = _any(
    rf"(?:{_FEW})(?:\s(?:to|bis|à|a|or|oder|and|und|business|working|calendar))?(?:\s\w+)?\s(?:{_UNIT})",
    _SPACELESS_UNIT,
)
_TIME = _any(
    rf"{_CLOCK}|{_WEEKDAY}|{_MONTH}|(?:{_FEW})\s(?:{_UNIT})|\d{{1,2}}(?:\.|th|st|nd|rd)",
    f"{_SPACELESS_CLOCK}|{_SPACELESS_UNIT}",
)
_PRICE = _any(
    r"\d[\d.,]*\s?(?:euros?|pounds?|dollars?|pence|cents?|francs?|pesos?)|free|kostenlos|gratis|gratuit\w*",
    r"[£$€¥฿]|[\d千万]\s?(?:円|元|บาท)|免费|無料|ฟรี",
)
_MEASURES = (
    (
        _any(
            r"how long|how soon|wie lange|combien de temps|cuánto tiempo|how often|wie oft|à quelle fréquence|cada cuánto",
            r"多久|多长时间|どのくらい|どれくらい|何日|何年|何か月|กี่วัน|กี่เดือน|กี่ปี|นาน",
        ),
        _DURATION,
    ),
    (
        _any(
            r"when|what time|opening hours|which day|wann|bis wann|öffnungszeiten|um wie viel uhr|quand|à quelle heure|horaires|"
            r"cuándo|(?:a )?qué hora|horario",
            r"什么时候|几点|哪天|营业时间|いつ|何時|何曜日|営業時間|กี่โมง|เมื่อไ|วันไหน",
        ),
        _TIME,
    ),
    (
        _any(
            r"how much (?:is|are|does|do|did|will|to)\b.*|how expensive|cost|price|was kostet|was kosten|wie teuer|wie viel kostet|"
            r"combien coûte\w*|quel est le (?:prix|loyer)|cuánto (?:cuesta\w*|vale\w*|es)",
            r"多少钱|いくら|เท่าไร|เท่าไหร่",
        ),
        _PRICE,
    ),
)
