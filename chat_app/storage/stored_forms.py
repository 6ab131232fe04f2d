"""How values stand in TEXT columns: times as ISO 8601 of one fixed length, so that they sort; everything nested as JSON."""

import json
from datetime import UTC, datetime
from typing import Any


def iso(at: datetime) -> str:
    """UTC with microseconds and `Z`, always 27 characters. `at` must be aware."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Read any ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def to_json(value: object) -> str:
    return json.dumps(value)


def from_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
