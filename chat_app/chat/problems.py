"""What is said on the page when something could not be done, in the reader's language."""

from chat_app.errors import AttachmentRefused, CannotRetry, InvalidQuestion, NotFound, ResearchChatError, SignedOut
from chat_app.languages.choice import current_language
from chat_app.languages.retelling import retold
from chat_app.languages.words import say

# In this order: a signed-out caller is also one who finds nothing.
_SENTENCES: tuple[tuple[type[ResearchChatError], str], ...] = (
    (SignedOut, "problem.signed_out"),
    (NotFound, "problem.not_yours"),
    (CannotRetry, "problem.cannot_retry"),
    (InvalidQuestion, "problem.question"),
    (AttachmentRefused, "problem.attachment"),
)


def spoken(error: ResearchChatError) -> str:
    """Errors are written in English; where one is not known in the reader's language, a sentence for its kind has to do."""
    key = next((key for kind, key in _SENTENCES if isinstance(error, kind)), "problem.broken")
    told = retold(str(error))
    is_told = current_language() == "en" or told != str(error)
    return told if is_told and not isinstance(error, SignedOut) else say(key)
