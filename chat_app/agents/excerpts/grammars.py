"""How each language asks: the words and patterns that planning by rules depends on.

Every rule fails softly: a word missing here costs a split or a carried-over subject, never a wrong statement.
"""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "de", "fr", "es", "zh", "ja"]


class Grammar(BaseModel):
    """How one language asks."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    conjunction: re.Pattern[str]
    """Between two questions in one sentence, before the second one's question word."""
    joint: re.Pattern[str]
    """Between the items of an enumeration."""
    comparison: re.Pattern[str]
    """Group `items`: what is compared."""
    enumeration: re.Pattern[str]
    """Group `items`: what is to be explained, one by one."""
    context: re.Pattern[str]
    """Where an item ends and what all items have in common begins."""
    article: re.Pattern[str]
    request: re.Pattern[str]
    """How a sentence begins that asks without a question mark."""
    opener: re.Pattern[str]
    """How a question begins that goes on from an earlier one."""
    pronouns: frozenset[str]
    """Words for something named before."""
    weak: frozenset[str]
    """Words that never name a subject."""
    relational: frozenset[str]
    """Words that matter to a search but need something they are said of: verbs of requests, `advantages`."""
    prefix: re.Pattern[str]
    """A common `context` that stands before what is compared."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_NEVER = re.compile(r"(?!)(?P<items>)")
_CJK = Grammar(
    conjunction=_pattern(
        r"[，,；;、]?(?:以及|并且|而且|另外|还有|和|又)?(?<=[，,；;、及且外有和又])(?=为什么|如何|怎么|怎样|何时|为何)"
    ),
    joint=_pattern(r"、|，|,|和|与|與|跟|以及|\s*vs\.?\s*"),
    comparison=_pattern(
        r"(?P<items>[^，。？！]+?)(?:之间)?(?:的|有什么|有何|有哪些)?(?:区别|差别|不同|差异|區別)|(?:比较|对比)一?下?(?P<more>[^。？！]+)"
    ),
    enumeration=_NEVER,
    context=_NEVER,
    article=_NEVER,
    request=_pattern(r"请|解释|说明|介绍|比较|描述|告诉"),
    opener=_pattern(r"那么|那|还有|然后|另外"),
    pronouns=_words("它 它们 这个 这些 那个 那些 其"),
    weak=_words("用 做 工作 作用 意思 原因 需要 必要"),
    relational=_words("打开 关闭 启用 禁用 安装 配置 设置 创建 删除 使用 修改 优点 缺点 优势 限制"),
    prefix=_pattern(r"^(?P<context>.{1,40}?)\s*(?:中|里)的?\s*(?=\S)"),
)

GRAMMARS: dict[Language, Grammar] = {
    "en": Grammar(
        conjunction=_pattern(
            r"[,;]?\s+(?:and|but|or)\s+(?:also\s+|then\s+)?(?=(?:what|why|how|when|where|which|who|whose)\b(?!ever)"
            r"|(?:is|are|does|do|can|should|will)\s+(?:it|they|there|i|we|you|this|that)\b)"
            r"|[,;]\s+(?=(?:what|why|how|when|where)\s+(?:is|are|do|does|did|can|should|would|will|has|have)\b)"
        ),
        joint=_pattern(
            r"\s+(?:different|differs?|compared?)\s+(?:from|to|with)\s+|\s*,\s*(?:and|or)\s+|\s*,\s*|\s+(?:and|or|with|to|versus|vs\.?|from|against|&)\s+"
        ),
        comparison=_pattern(
            r"(?:differences?|distinctions?)\s+between\s+(?P<items>.+)|\b(?:compare|contrast)\s+(?P<more>.+)"
            r"|\b(?:how|do|does|are|is)\s+(?P<differs>.+?\s+(?:differ|different|compare)\s+(?:from|to|with)\s+.+)"
            r"|(?P<versus>.+\s+(?:vs\.?|versus)\s+.+)"
        ),
        enumeration=_pattern(
            r"(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:explain|describe|define|list|discuss|outline|summari[sz]e|tell me about|what are)"
            r"\s+(?P<items>.+)"
        ),
        context=_pattern(r"\s+(?:in|for|on|with|under|when|during|using|within|inside|of|regarding|at)\s+"),
        article=_pattern(r"^(?:please\s+)?(?:(?:a|an|the|some|both|between|using|how|what|is|are)\s+)+"),
        request=_pattern(
            r"(?:please\s+)?(?:explain|describe|define|list|show|give|tell|compare|contrast|discuss|find|outline|summari[sz]e|what|why|how|"
            r"when|where|which|who|is|are|do|does|did|can|could|should|would|will|i (?:want|need|would like) to (?:know|understand))\b"
        ),
        opener=_pattern(r"(?:and|but|so|also|then|what about|how about|what if)\b"),
        pronouns=_words("it its itself they them their theirs this these those that one ones"),
        weak=_words(
            "difference differences differ mean means meaning vs versus want know need like explain describe tell "
            "compare contrast summarize best use used uses using work works working do does done give show find see "
            "say make makes made help please question answer example examples different same good better possible "
            "possibly really exactly actually currently way ways thing things lot many much often long reason "
            "reasons purpose role idea matter matters important importance happen happened happening one ones two "
            "new old main certain various"
        ),
        relational=_words(
            "create drop delete remove turn switch disable enable install uninstall configure set change run start "
            "stop restart build write read open close fix update upgrade test check print back backup add move copy "
            "undo restore monitor measure tune improve speed prevent avoid limit increase reduce get put insert load "
            "save store choose pick handle deal apply kill rename allow permit define advantage advantages "
            "disadvantage disadvantages benefit benefits drawback drawbacks limitation limitations alternative "
            "alternatives risk risks requirement requirements option options step steps default defaults cost costs "
            "pros cons downsides"
        ),
        prefix=_pattern(r"^(?:in|for|on|with|using)\s+(?P<context>[^,]+),\s*"),
    ),
    "de": Grammar(
        conjunction=_pattern(
            r"[,;]?\s+(?:und|aber|oder)\s+(?:auch\s+|dann\s+)?(?=(?:was|warum|wieso|weshalb|wie|wann|wo|wer|womit|wozu|wofür|welche[rsnm]?)\b"
            r"|(?:ist|sind|kann|soll|muss|wird)\s+(?:es|sie|er|ich|man|das)\b)"
        ),
        joint=_pattern(r"\s*,\s*(?:und|oder)\s+|\s*,\s*|\s+(?:und|oder|mit|vs\.?|versus|von|gegenüber)\s+"),
        comparison=_pattern(
            r"unterschiede?n?\s+zwischen\s+(?P<items>.+)|\bvergleich(?:e|en|st)?\s+(?:zwischen\s+|von\s+)?(?P<more>.+)"
            r"|\bworin\s+unterscheide[tn]\s+sich\s+(?P<differs>.+)|(?P<versus>.+\s+(?:vs\.?|versus)\s+.+)"
        ),
        enumeration=_pattern(
            r"(?:bitte\s+)?(?:erkläre?|beschreibe?|nenne|was sind|erläutere?)\s+(?:mir\s+)?(?P<items>.+)"
        ),
        context=_pattern(r"\s+(?:in|im|für|bei|beim|auf|mit|unter|während|von|vom|bezüglich|wenn)\s+"),
        article=_pattern(r"^(?:(?:ein|eine|einem|einen|einer|der|die|das|dem|den|zwischen)\s+)+"),
        request=_pattern(
            r"(?:bitte\s+)?(?:erklär|beschreib|nenn|zeig|vergleich|erläuter|was|warum|wieso|weshalb|wie|wann|wo|wer|welch|ist|sind|kann|soll)"
        ),
        opener=_pattern(r"(?:und|aber|also|dann|was ist mit|wie sieht es|wie ist es)\b"),
        pronouns=_words("es ihn ihm sie diese dieser dieses diesen diesem davon dafür dabei darin damit dazu beides"),
        weak=_words(
            "unterschied unterschiede bedeutet funktioniert erkläre erklären beschreibe vergleiche vergleich wissen "
            "möchte vs versus benutzt verwendet nutzt machen macht mache tun geht gehen gut besser möglich genau "
            "eigentlich frage antwort beispiel grund zweck rolle weise viele oft lange wichtig verschiedene neue "
            "wirklich heißt sagen zeigen brauche brauchen braucht man"
        ),
        relational=_words(
            "erstelle erstellen anlegen lösche löschen entferne entfernen schalte schalten ab an aus ein abschalten "
            "ausschalten einschalten deaktiviere deaktivieren aktiviere aktivieren installiere installieren "
            "konfiguriere konfigurieren ändere ändern starte starten stoppe stoppen setze setzen verwende verwenden "
            "nutze nutzen verhindere verhindern vermeide vermeiden prüfe prüfen vorteil vorteile nachteil nachteile "
            "grenzen alternative alternativen risiken voraussetzungen optionen kosten schritte"
        ),
        prefix=_pattern(r"^(?:in|im|für|bei|mit)\s+(?P<context>[^,]+),\s*"),
    ),
    "fr": Grammar(
        conjunction=_pattern(
            r"[,;]?\s+(?:et|mais|ou)\s+(?:aussi\s+)?(?=(?:pourquoi|comment|quand|où|qui|que|quel(?:le)?s?|à quoi)\b|qu['’]est-ce|est-ce)"
        ),
        joint=_pattern(r"\s*,\s*(?:et|ou)\s+|\s*,\s*|\s+(?:et|ou|avec|à|vs\.?|versus)\s+"),
        comparison=_pattern(
            r"différences?\s+entre\s+(?P<items>.+)|\bcompare[rz]?\s+(?P<more>.+)|(?P<versus>.+\s+(?:vs\.?|versus)\s+.+)"
        ),
        enumeration=_pattern(
            r"(?:explique[rz]?|décri(?:s|re|vez)|définir|que sont|quel(?:le)?s sont)(?:-moi)?\s+(?P<items>.+)"
        ),
        context=_pattern(r"\s+(?:dans|en|pour|sur|avec|sous|pendant|lors|de|du|des|chez)\s+|\s+d['’]"),
        article=_pattern(r"^(?:(?:un|une|des|le|la|les|entre)\s+|l['’])+"),
        request=_pattern(
            r"(?:expliqu|décri|compar|donne|montre|liste|pourquoi|comment|quand|où|qui|que|quel|qu['’]|est-ce|à quoi|peut-on|faut-il)"
        ),
        opener=_pattern(r"(?:et|mais|alors|donc|qu['’]en est-il)\b"),
        pronouns=_words("il elle ils elles celui-ci celle-ci cela ça ceux-ci ces cet cette ce"),
        weak=_words(
            "signifie expliquer expliquez explique décris comparer compare comparez savoir voudrais vs versus "
            "fonctionne fonctionnent marche sert servent utilise utilisé utilisée utiliser utilise-t-on faire fait "
            "question réponse exemple raison but rôle façon manière possible bon mieux important souvent vraiment "
            "veut dire différence différences"
        ),
        relational=_words(
            "créer supprimer désactiver activer installer configurer changer modifier démarrer arrêter ajouter "
            "éviter vérifier lancer ouvrir fermer mettre augmenter réduire limiter restaurer sauvegarder avantages "
            "inconvénients limites alternatives risques options étapes coût"
        ),
        prefix=_pattern(r"^(?:en|dans|pour|sur|avec)\s+(?P<context>[^,]+),\s*"),
    ),
    "es": Grammar(
        conjunction=_pattern(
            r"[,;]?\s+(?:y|e|pero|o)\s+(?:también\s+)?¿?(?=(?:por qué|cómo|cuándo|dónde|quién|qué|cuál(?:es)?|para qué)\b)"
        ),
        joint=_pattern(r"\s*,\s*(?:y|e|o)\s+|\s*,\s*|\s+(?:y|e|o|con|vs\.?|versus)\s+"),
        comparison=_pattern(
            r"diferencias?\s+(?:hay\s+)?entre\s+(?P<items>.+)|\bcompar(?:a|ar|e)\s+(?P<more>.+)|(?P<versus>.+\s+(?:vs\.?|versus)\s+.+)"
        ),
        enumeration=_pattern(r"¿?(?:explica(?:r|me)?|describ(?:e|ir)|define|qué son|cuáles son)\s+(?P<items>.+)"),
        context=_pattern(r"\s+(?:en|para|sobre|con|bajo|durante|de|del|al)\s+"),
        article=_pattern(r"^(?:(?:un|una|unos|unas|el|la|los|las|entre)\s+)+"),
        request=_pattern(
            r"¿|(?:explica|describ|compara|define|muestra|lista|por qué|cómo|cuándo|dónde|quién|qué|cuál|se puede)"
        ),
        opener=_pattern(r"¿?(?:y|pero|entonces|qué hay de|qué pasa con)\b"),
        pronouns=_words("lo él ella ellos ellas esto eso estos estas ello"),
        weak=_words(
            "explica explicar describe compara comparar saber quiero vs versus usa usar usan utiliza utilizar sirve "
            "sirven funciona funcionan trabaja pregunta respuesta ejemplo razón manera forma posible bueno mejor "
            "importante significa quiere decir diferencia diferencias papel"
        ),
        relational=_words(
            "crear eliminar borrar desactivar desactivo activar activo instalar instalo configurar configuro cambiar "
            "iniciar detener añadir evitar comprobar abrir cerrar poner aumentar reducir limitar restaurar creo "
            "borro elimino cambio uso añado ventajas desventajas límites alternativas riesgos opciones pasos coste"
        ),
        prefix=_pattern(r"^(?:en|para|con)\s+(?P<context>[^,]+),\s*"),
    ),
    "zh": _CJK,
    "ja": _CJK.model_copy(
        update={
            "conjunction": _NEVER,
            "joint": _pattern(r"、|，|,|と|及び|および|\s*vs\.?\s*"),
            "comparison": _pattern(
                r"(?P<items>[^。？！]+?)(?:の|における)(?:違い|差|比較|相違)|(?P<more>[^。？！]+?)を比較"
            ),
            "request": _pattern(r".*(?:ください|教えて|説明して|比較して|ですか|ますか)"),
            "opener": _pattern(r"では|じゃあ|それで|そして|また"),
            "pronouns": _words("それ これ その この それら これら"),
            "weak": _words("使用 意味 仕組 必要 理由"),
            "relational": _words("無効 有効 設定 作成 削除 変更 利点 欠点 制限"),
            "prefix": _pattern(r"^(?P<context>.{1,40}?)\s*(?:における|での|では)\s*"),
        }
    ),
}
