"""A Chainlit data layer that forgets everything at exit: enough for the list of threads and for reopening one."""

from datetime import UTC, datetime
from typing import Any, cast

from chainlit.data.base import BaseDataLayer
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User

OWNER = "you"

running: dict[str, str] = {}
"""Turn by thread, while it runs."""


class MemoryLayer(BaseDataLayer):
    def __init__(self) -> None:
        self.threads: dict[str, dict[str, Any]] = {}

    def thread(self, thread_id: str) -> dict[str, Any]:
        created = datetime.now(UTC).isoformat()
        empty: dict[str, Any] = {
            "id": thread_id,
            "createdAt": created,
            "name": None,
            "userId": OWNER,
            "userIdentifier": OWNER,
            "tags": [],
            "metadata": {},
            "steps": [],
            "elements": [],
        }
        return self.threads.setdefault(thread_id, empty)

    def keep(self, thread_id: str, kind: str, item: dict[str, Any]) -> None:
        """Store a step or an element, once by its id."""
        known: list[dict[str, Any]] = self.thread(thread_id)[kind]
        known[:] = [item if other["id"] == item["id"] else other for other in known]
        if all(other["id"] != item["id"] for other in known):
            known.append(item)

    async def get_user(self, identifier: str) -> PersistedUser | None:
        return PersistedUser(id=OWNER, identifier=OWNER, createdAt="2026-01-01T00:00:00Z")

    async def create_user(self, user: User) -> PersistedUser | None:
        return await self.get_user(user.identifier)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        newest = sorted(self.threads.values(), key=lambda thread: thread["createdAt"], reverse=True)
        wanted = [thread for thread in newest if (filters.search or "").lower() in (thread["name"] or "").lower()]
        return PaginatedResponse(
            data=cast(list[ThreadDict], wanted), pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None)
        )

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        return cast(ThreadDict | None, self.threads.get(thread_id))

    async def get_thread_author(self, thread_id: str) -> str:
        return OWNER if thread_id in self.threads else ""

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        thread = self.thread(thread_id)
        thread["name"] = name or thread["name"]

    async def delete_thread(self, thread_id: str) -> None:
        self.threads.pop(thread_id, None)

    async def create_step(self, step_dict: StepDict) -> None:
        if step_dict.get("type") != "run":
            self.keep(step_dict.get("threadId", ""), "steps", dict(step_dict))

    async def update_step(self, step_dict: StepDict) -> None:
        await self.create_step(step_dict)

    async def delete_step(self, step_id: str) -> None: ...

    async def create_element(self, element: Element) -> None: ...

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        return None

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None: ...

    async def upsert_feedback(self, feedback: Feedback) -> str:
        return "feedback"

    async def delete_feedback(self, feedback_id: str) -> bool:
        return True

    async def build_debug_url(self) -> str:
        return ""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        return []

    async def close(self) -> None: ...
