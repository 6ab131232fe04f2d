"""How the engine stores values: JSON of allow-listed types, refused at encode as well as at decode.

The engine's default is pickle: whoever can write to the database could run code here. The list holds at encode too,
because a value that only fails to decode leaves a turn hanging for ever.
"""

import json
from typing import Any, cast

from dbos import Serializer
from pydantic import TypeAdapter
from pydantic_ai.messages import ModelResponse

from chat_app.agents.brief import PastTurn
from chat_app.agents.failures import failure_of
from chat_app.errors import ProviderError
from chat_app.research.evidence import Finding, SearchFailed, Source
from chat_app.research.plan import Plan, Search
from chat_app.research.progress import Failure
from chat_app.research.report import Report
from chat_app.research.turn import Turn

ALLOWED: tuple[type, ...] = (
    Turn, Search, Plan, Source, Finding, SearchFailed, Report, PastTurn, Failure, ModelResponse,
)  # fmt: skip
"""What may cross from one run of the program to the next, besides plain values. A renamed field is a migration."""

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in ALLOWED}
_TAG = "$"


class AllowListedJSON(Serializer):
    """Plain values, tuples, the allowed types, and exceptions as the failure they stand for."""

    def serialize(self, data: Any) -> str:
        """Raises TypeError for a type that is not allowed."""
        return json.dumps(_encode(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def deserialize(self, serialized_data: str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]: named cls there
        """Raises TypeError for a type that is not allowed. An exception comes back as ProviderError."""
        return _decode(json.loads(serialized_data))

    def name(self) -> str:
        return "research_chat_json_1"


def _encode(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_encode(item) for item in cast(list[Any], value)]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "value": [_encode(item) for item in cast(tuple[Any, ...], value)]}
    if isinstance(value, dict):
        fields = cast(dict[Any, Any], value)
        if _TAG in fields or not all(isinstance(key, str) for key in fields):
            raise TypeError(f"A dict with the keys {list(fields)!r} cannot be stored; use a model.")
        return {key: _encode(item) for key, item in fields.items()}
    if isinstance(value, Exception):
        return {_TAG: "Exception", "value": failure_of(value).model_dump(mode="json")}
    kind = type(value).__name__
    if type(value) not in ALLOWED:
        raise TypeError(f"A value of type {kind!r} cannot be stored; add it to the allow-list with a test.")
    return {_TAG: kind, "value": _ADAPTERS[kind].dump_python(value, mode="json")}


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    fields = cast(dict[str, Any], value)
    match fields.get(_TAG):
        case None:
            return {key: _decode(item) for key, item in fields.items()}
        case "tuple":
            return tuple(_decode(item) for item in fields["value"])
        case "Exception":
            failure = Failure.model_validate(fields["value"])
            return ProviderError(failure.message, retryable=failure.retryable, kind=failure.kind)
        case kind:
            if kind not in _ADAPTERS:
                raise TypeError(f"A stored value has the type {kind!r}, which is not allowed.")
            return _ADAPTERS[kind].validate_python(fields["value"])
