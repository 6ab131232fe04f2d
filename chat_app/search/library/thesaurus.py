"""What a person says and what a manual says for the same: everyday English words and turns of phrase. Of no one's field in particular."""

import re
from functools import cache

from chat_app.search.library.inflection import stem

_ALIKE = """
delete remove drop erase purge
rename alias
change modify alter edit adjust
update upgrade refresh
make create build generate produce construct
add insert append include attach
begin start launch boot initiate
stop cancel abort terminate kill interrupt halt quit
end finish complete exit terminate
run execute invoke call perform
show display print list view output
see view inspect examine
find search locate look query
get fetch retrieve obtain receive
download fetch retrieve
send transmit submit mail
save store keep preserve persist write
load import read
export dump
backup dump archive copy
copy duplicate clone replicate
combine merge join concatenate squash unite
split divide separate partition
undo revert reset rollback restore
recover restore
repair fix correct solve
move relocate transfer migrate
replace substitute swap
choose select pick
sort order arrange rank
group categorize classify
count number total
compare match
check verify validate test
allow permit enable grant authorize
forbid deny prevent block reject disallow prohibit restrict refuse
hide conceal mask
limit maximum max restrict cap quota
minimum least
turn switch toggle
enable activate
disable deactivate suppress
speed fast faster quick quickly performance efficient
slow slowly performance latency
delay wait sleep pause
wait block pending
repeat loop iterate recurring
repeated duplicate redundant
automatic automatically
manual manually explicit explicitly
simultaneous simultaneously concurrent concurrently parallel
several multiple various many
some subset partial
whole entire complete full
part portion subset section
big large huge
small little tiny
size large length
empty blank null missing
null missing absent
broken damaged corrupt
error exception failure fault
fail crash abort
problem issue trouble
solve resolve
warn warning alert
dangerous unsafe risk danger
safe secure safety
encrypt encryption encrypted cipher
password passphrase credential credentials
login log-in logon authenticate authentication
user account
admin administrator root superuser
computer machine host
server host
folder directory
file document
picture image photo graphic
website site page
program application command executable process
software program application package
setting option parameter configuration preference
configure configuration setup set-up
install installation setup
automate schedule
regular periodic periodically
temporary transient
permanent permanently persistent
default standard
optional optionally
required mandatory necessary
forget forgot lose lost
old previous earlier former obsolete
new recent latest
last latest recent
reason cause why
meaning definition
explain describe
advice recommend recommended recommendation
use employ utilize
own belong owner
price money cost monetary amount
buy purchase
job task
meeting conference
car vehicle
doctor physician
illness disease
child children
guess guessed predict
random randomly
unique distinct
same identical equal
different distinct
similar resemble alike
text string
number numeric integer
date day time
hour hours time
connect connection link
disconnect close
network internet
address ip
share shared sharing
memory ram
disk drive storage
space storage
screen display monitor
type kind
name title label
member element item
element item entry
shrink reduce compress compact
shorten truncate
enlarge grow extend expand increase resize
reduce decrease lower
increase raise
avoid prevent
protect protection secure
watch monitor observe
notify notification inform
remember cache
translate convert conversion transform
turn convert
compute calculate
measure time benchmark
wrong incorrect invalid mistake
mistake error typo
ignore skip exclude
rule policy
law regulation
agreement contract
employee staff worker
holiday vacation leave
flat apartment
ill sick illness sickness
salary pay wage
firm company business
help assistance support
"""

_PHRASES = {
    "by hand": "manually explicit explicitly",
    "by itself": "automatically automatic",
    "by themselves": "automatically automatic",
    "on its own": "automatically automatic",
    "at once": "concurrently simultaneously concurrent",
    "at the same time": "concurrently simultaneously concurrent concurrency",
    "all at once": "concurrently simultaneously batch",
    "get rid of": "remove delete eliminate",
    "throw away": "discard remove delete",
    "take back": "undo revert",
    "go back": "revert undo return previous",
    "get back": "recover restore",
    "bring back": "recover restore",
    "another name": "rename alias",
    "other name": "rename alias",
    "new name": "rename",
    "one by one": "iterate sequentially each",
    "one after the other": "iterate sequentially each",
    "line by line": "iterate lines",
    "each other": "mutual",
    "all over again": "restart repeat",
    "in spite of": "despite",
    "turn off": "disable",
    "turn on": "enable",
    "switch off": "disable turn off",
    "switch on": "enable turn on",
    "turn into": "convert",
    "turn back": "revert",
    "log in": "login authentication authenticate",
    "sign in": "login authentication authenticate",
    "logging in": "login authentication authenticate",
    "set up": "configure install setup",
    "clean up": "cleanup remove",
    "give up": "abort cancel",
    "find out": "determine discover",
    "figure out": "determine",
    "look up": "search lookup",
    "look for": "search find",
    "look like": "appearance format",
    "too long": "timeout exceed",
    "too large": "exceed limit size",
    "too big": "exceed limit size",
    "too many": "exceed limit maximum",
    "too slow": "performance optimize",
    "how long": "duration length time",
    "how many": "number count maximum",
    "how much": "amount size",
    "how large": "size maximum",
    "how big": "size maximum",
    "how often": "frequency interval",
    "how fast": "performance speed time",
    "who may": "permission privilege",
    "who can": "permission privilege",
    "without losing": "keep preserve",
    "only some": "subset partial",
    "just some": "subset partial",
    "up to date": "synchronize update current",
    "capital letters": "case uppercase",
    "small letters": "case lowercase",
    "upper case": "uppercase",
    "lower case": "lowercase",
    "every day": "daily",
    "every week": "weekly",
    "every month": "monthly",
    "every year": "annual yearly",
    "time off": "leave vacation absence",
    "days off": "leave vacation holiday",
}


def alike(word: str) -> tuple[str, ...]:
    """Other words for the same, by any form of the word."""
    return _groups().get(stem(word), ())


def phrases_in(question: str) -> list[tuple[str, ...]]:
    """For each turn of phrase of the question the words that it suggests."""
    return [words for pattern, words in _patterns() if pattern.search(question)]


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """By stem, so that "renaming" has what "rename" has."""
    known: dict[str, dict[str, None]] = {}
    for line in _ALIKE.split("\n"):
        words = line.split()
        for word in words:
            known.setdefault(stem(word), {}).update(dict.fromkeys(words))
    return {key: tuple(word for word in group if stem(word) != key) for key, group in known.items()}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return tuple(
        (re.compile(rf"\b{phrase}\b", re.IGNORECASE), tuple(words.split())) for phrase, words in _PHRASES.items()
    )
