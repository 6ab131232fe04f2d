"""Forms of words that no rule about endings brings together: `wrote` and `write`, `indices` and `index`, `faster` and `fast`.

Of English, and of German verbs.
"""

from collections.abc import Iterable, Sequence
from functools import cache

_FAMILIES = """
become became
begin began begun
bend bent
bind bound
bite bit bitten
blow blew blown
break broke broken
bring brought
build built
buy bought
catch caught
choose chose chosen choice
come came
deal dealt
deliver delivery
describe description
dig dug
do did done
draw drew drawn
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
fly flew flown
forbid forbade forbidden
forget forgot forgotten
freeze froze frozen
get got gotten
give gave given
go went gone
grow grew grown
hang hung
hear heard
hide hid hidden
hold held
keep kept
know knew known
lay laid
lead led
leave left
lend lent
lose lost loss
make made
mean meant
meet met
overwrite overwrote overwritten
pay paid
redo redid redone
rewrite rewrote rewritten
ride rode ridden
rise rose risen
run ran
see saw seen
seek sought
sell sold sale
send sent
shake shook shaken
shoot shot
show shown
shrink shrank shrunk
sink sank sunk
sit sat
sleep slept
speak spoke spoken
spend spent
spin spun
stand stood
steal stole stolen
stick stuck
strike struck
swear swore sworn
swim swam swum
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
understand understood
undo undid undone
wake woke woken
wear wore worn
win won
withdraw withdrew withdrawn
write wrote written
apply application
decide decision
divide division
enter entry
expand expansion
explain explanation
extend extension
fail failure
permit permission
receive receipt
recover recovery
reduce reduction
register registration
repeat repetition
solve solution
submit submission
subscribe subscription
weigh weight
analysis analyses
appendix appendices
basis bases
child children
crisis crises
criterion criteria
foot feet
index indices
man men
matrix matrices
medium media
mouse mice
person people
tooth teeth
vertex vertices
woman women
"""
_GERMAN_VERBS = """
backen bäckt backt buk gebacken
befehlen befiehlt befahl befohlen
beginnen beginnt begann begonnen
beißen beißt biss gebissen
bewerben bewirbt bewarb beworben
biegen biegt bog gebogen
bieten bietet bot geboten
binden bindet band gebunden
bitten bittet bat gebeten
bleiben bleibt blieb geblieben
brechen bricht brach gebrochen
brennen brennt brannte gebrannt
bringen bringt brachte gebracht
denken denkt dachte gedacht
empfehlen empfiehlt empfahl empfohlen
essen isst aß gegessen
fahren fährt fuhr gefahren
fallen fällt fiel gefallen
fangen fängt fing gefangen
finden findet fand gefunden
fliegen fliegt flog geflogen
frieren friert fror gefroren
geben gibt gab gegeben
gehen geht ging gegangen
gelten gilt galt gegolten
gewinnen gewinnt gewann gewonnen
gießen gießt goss gegossen
greifen greift griff gegriffen
halten hält hielt gehalten
heben hebt hob gehoben
helfen hilft half geholfen
kennen kennt kannte gekannt
kommen kommt kam gekommen
laden lädt lud geladen
lassen lässt ließ gelassen
laufen läuft lief gelaufen
leihen leiht lieh geliehen
lesen liest las gelesen
liegen liegt lag gelegen
lügen lügt log gelogen
messen misst maß gemessen
nehmen nimmt nahm genommen
nennen nennt nannte genannt
raten rät riet geraten
reißen reißt riss gerissen
rufen ruft rief gerufen
schieben schiebt schob geschoben
schlafen schläft schlief geschlafen
schlagen schlägt schlug geschlagen
schließen schließt schloss geschlossen
schneiden schneidet schnitt geschnitten
schreiben schreibt schrieb geschrieben
schreiten schreitet schritt geschritten
schwimmen schwimmt schwamm geschwommen
sehen sieht sah gesehen
senden sendet sandte gesandt
singen singt sang gesungen
sinken sinkt sank gesunken
sitzen sitzt saß gesessen
sprechen spricht sprach gesprochen
stehen steht stand gestanden
stehlen stiehlt stahl gestohlen
steigen steigt stieg gestiegen
sterben stirbt starb gestorben
streichen streicht strich gestrichen
tragen trägt trug getragen
treffen trifft traf getroffen
treiben treibt trieb getrieben
treten tritt trat getreten
trinken trinkt trank getrunken
verderben verdirbt verdarb verdorben
vergessen vergisst vergaß
verlieren verliert verlor verloren
wachsen wächst wuchs gewachsen
waschen wäscht wusch gewaschen
weisen weist wies gewiesen
wenden wendet wandte gewandt
werfen wirft warf geworfen
wiegen wiegt wog gewogen
ziehen zieht zog gezogen
zwingen zwingt zwang gezwungen
"""
_GERMAN_PREFIXES = tuple(
    """
    be ver er ent zer miss ab an auf aus bei dar ein fest her hin los mit nach statt über um unter vor weg wider zu zurück
    zusammen
    """.split()
)
_GRADED = frozenset(
    """
    big bright broad busy cheap clean clear close cold cool dark dear deep dense dry early easy fair fast few fine firm
    flat fresh full great happy hard healthy heavy high hot huge large late lazy light likely long loose loud low narrow
    near neat new nice noisy old plain poor pretty pure quick quiet rare recent rich rough safe sharp short simple slow
    small smart smooth soft sound steep stiff strict strong sure sweet tall thick thin tidy tight tiny ugly warm weak
    wet wide wild wise young
    """.split()
)
_DEGREES = ("er", "est")


def other_forms(word: str) -> tuple[str, ...]:
    """Of an English word in small letters; empty for most words, whose forms share their stem."""
    return _families().get(word, ())


def other_forms_in_german(word: str) -> tuple[str, ...]:
    """Of a strong verb in small letters, with what stands before it: `abgeschlossen` and `abschließt`."""
    verbs, parts = _german_verbs()
    if word in verbs:
        return verbs[word]
    for prefix in _GERMAN_PREFIXES:
        if word.startswith(prefix) and (known := parts.get(word[len(prefix) :])):
            return tuple(prefix + form for form in known)
    return ()


@cache
def _german_verbs() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Alone, and behind a prefix, which may stand in place of the participle's `ge`."""
    families = [line.split() for line in _GERMAN_VERBS.strip().splitlines()]
    families = [[*family, family[0].removesuffix("n")] for family in families]
    return _by_form(families), _by_form(
        [[*f, *(form[2:] for form in f[-2:-1] if form.startswith("ge"))] for f in families]
    )


def _by_form(families: Iterable[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(other for other in family if other != word) for family in families for word in family}


@cache
def _families() -> dict[str, tuple[str, ...]]:
    families = [line.split() for line in _FAMILIES.strip().splitlines()]
    families += [[word, *(_graded(word, degree) for degree in _DEGREES)] for word in sorted(_GRADED)]
    return _by_form(families)


def _graded(word: str, degree: str) -> str:
    if word.endswith("e"):
        return word + degree[1:]
    if word.endswith("y"):
        return f"{word[:-1]}i{degree}"
    is_doubled = len(word) == 3 and word[-1] in "gtdnm" and word[-2] in "aeiou"
    return f"{word}{word[-1] if is_doubled else ''}{degree}"
