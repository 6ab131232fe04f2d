"""Forms of English words that no rule about endings brings together: `wrote` and `write`, `indices` and `index`, `faster` and `fast`."""

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
choose chose chosen
come came
deal dealt
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
lose lost
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
sell sold
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


@cache
def _families() -> dict[str, tuple[str, ...]]:
    families = [line.split() for line in _FAMILIES.strip().splitlines()]
    families += [[word, *(_graded(word, degree) for degree in _DEGREES)] for word in sorted(_GRADED)]
    return {word: tuple(other for other in family if other != word) for family in families for word in family}


def _graded(word: str, degree: str) -> str:
    if word.endswith("e"):
        return word + degree[1:]
    if word.endswith("y"):
        return f"{word[:-1]}i{degree}"
    is_doubled = len(word) == 3 and word[-1] in "gtdnm" and word[-2] in "aeiou"
    return f"{word}{word[-1] if is_doubled else ''}{degree}"
