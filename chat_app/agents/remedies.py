"""What a person has to set so that a model can be used, in the words of this program's settings, never in a library's."""

import re

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b")
_PACKAGE = re.compile(r"install (?:the )?`([\w-]+)`")
_OTHER_NAMES = {"GOOGLE_API_KEY": "GOOGLE_API_KEY or GEMINI_API_KEY"}
_KEYS = {
    "Claude": "ANTHROPIC_API_KEY",
    "Gemini": "GOOGLE_API_KEY",
    "OpenAI": "OPENAI_API_KEY",
    "Ollama": "OLLAMA_API_KEY",
}


def unusable(error: Exception, who: str, model_id: str, setting: str) -> str:
    """Why no model can be made of `model_id`, which stands in `setting` if it was set; `error` is what the attempt raised."""
    provider, _, name = model_id.partition(":")
    if isinstance(error, ImportError):
        package = _PACKAGE.search(str(error))
        missing = package.group(1) if package else provider
        return f"{who} ({name}) needs the package {missing}, which is not installed; choose another model ({setting})."
    variables: list[str] = _VARIABLE.findall(str(error))
    if variables:
        needed = " or ".join(_OTHER_NAMES.get(variable, variable) for variable in dict.fromkeys(variables))
        return f"{who} ({name}) cannot be used without {needed}; set it, or choose another model ({setting})."
    if "Unknown model" in str(error):
        return f"{model_id!r} names no provider that is known here; set {setting} to one such as 'anthropic:claude-sonnet-5-5'."
    return f"{who} ({name}) cannot be used as it is set up; check its settings, or choose another model ({setting})."


def refused_key(who: str) -> str:
    """What to do about a key that `who`, as it is called on the screen, refused."""
    variable = _KEYS.get(who.partition(" (")[0])
    return f"check the key in {variable} and start again" if variable else "check the key, then try again"
