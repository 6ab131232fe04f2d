"""The model that works without keys: it quotes the documents word for word and says when they don't answer."""

from chat_app.agents.excerpts.model import ExcerptsModel
from chat_app.agents.excerpts.writing import no_answer_text, report_text

__all__ = ["ExcerptsModel", "no_answer_text", "report_text"]
