"""The Chainlit side: plays the canned turn a question asks for, as steps, elements and window messages."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import chainlit as cl
from chainlit.types import ThreadDict

from tests.browser.fixtures_ui import turns
from tests.browser.fixtures_ui.memory import OWNER, MemoryLayer, running

store = MemoryLayer()
stops: set[str] = set()


@cl.data_layer
def data_layer() -> MemoryLayer:
    return store


@cl.header_auth_callback
async def sign_in(headers: Any) -> cl.User:
    return cl.User(identifier=OWNER)


@cl.set_starters
async def starters(user: cl.User | None, profile: str | None = None) -> list[cl.Starter]:
    icons = ("scale", "search", "history", "check", "book")
    return [
        cl.Starter(label=kind.capitalize(), message=question, icon=f"/public/icons/{icons[n % 5]}.svg")
        for n, (kind, question) in enumerate(turns.QUESTIONS.items())
    ]


@cl.on_chat_resume
async def resume(thread: ThreadDict) -> None: ...


@cl.action_callback("rc_retry")
async def retry(action: cl.Action) -> dict[str, bool]:
    await cl.context.emitter.send_toast("Nothing is tried again here.", "error")
    return {"begun": False}


@cl.action_callback("rc_stop")
async def stop(action: cl.Action) -> None:
    stops.add(action.payload["turn"])


@cl.on_message
async def ask(message: cl.Message) -> None:
    thread = cl.context.session.thread_id
    store.thread(thread)["name"] = message.content[:60]
    store.keep(thread, "steps", dict(message.to_dict()))
    turn = turns.turn_for(message.content)
    player = _Player(thread, message.id)
    running[thread] = message.id
    try:
        await player.play(turn)
    finally:
        running.pop(thread, None)


class _Player:
    def __init__(self, thread: str, turn: str) -> None:
        self.thread = thread
        self.turn = turn

    async def play(self, turn: turns.Turn) -> None:
        views = turn.views
        view = next(views)
        await self.step("card", "assistant_message", "Research Chat")
        await self.element("ResearchProgress", "card", {"turn": self.turn, "view": view})
        for view in views:
            await asyncio.sleep(turn.pause_seconds)
            if self.turn in stops:
                view = turns.stopped(view)
            await self.show(view)
            if view["label"] == "Analyzing" and view["state"] == "running":
                await self.report(turn)
            if view["end"]:
                break
        await self.element("ResearchProgress", "card", {"turn": self.turn, "view": view})
        if view["end"] not in {"turn_stopped", "turn_failed"} and turn.text:
            await self.step("report", "assistant_message", "Research Chat", turn.text)

    async def show(self, view: turns.View) -> None:
        """The phases as steps, and the view beside them."""
        for phase in view["phases"]:
            if phase["startedAt"]:
                await self.step(phase["id"], "tool", phase["label"], phase["note"] or "")
        for index, search in enumerate(view["searches"]):
            if search["startedAt"]:
                await self.step(f"search-{index}", "tool", search["query"], search["purpose"], parent="searching")
        await cl.context.emitter.send_window_message({"type": "rc:progress", "turn": self.turn, "view": view})

    async def report(self, turn: turns.Turn) -> None:
        if not turn.text:
            return
        step = await self.step("report", "assistant_message", "Research Chat", "")
        props = {"message": step["id"], "sources": list(turn.sources), "suggestions": list(turn.suggestions)}
        props["turn"] = self.turn
        await self.element("Sources", "report", props)
        for end in range(0, len(turn.text) + 200, 200):
            await self.step("report", "assistant_message", "Research Chat", turn.text[:end].rsplit("[\\[", 1)[0] or " ")
            await asyncio.sleep(0.06)
        await self.step("report", "assistant_message", "Research Chat", turn.text)
        if turn.follow_ups:
            await self.element("Sources", "report", {**props, "followUps": list(turn.follow_ups)})

    async def step(
        self, slot: str, kind: str, name: str, output: str = "", parent: str | None = None
    ) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        known = {step["id"]: step for step in store.thread(self.thread)["steps"]}
        step: dict[str, Any] = {
            "id": self.id(slot),
            "threadId": self.thread,
            "parentId": self.id(parent) if parent else None,
            "name": name,
            "type": kind,
            "input": "",
            "output": output,
            "streaming": False,
            "createdAt": now,
            "start": now,
            "end": now,
            "metadata": {},
            "isError": False,
        }
        step["createdAt"] = known.get(step["id"], step)["createdAt"]
        store.keep(self.thread, "steps", step)
        await cl.context.emitter.emit("new_message", step)
        return step

    async def element(self, name: str, slot: str, props: dict[str, Any]) -> None:
        element: dict[str, Any] = {
            "id": self.id(name),
            "threadId": self.thread,
            "type": "custom",
            "name": name,
            "display": "inline",
            "forId": self.id(slot),
            "props": props,
            "mime": "application/json",
        }
        store.keep(self.thread, "elements", element)
        await cl.context.emitter.emit("element", element)

    def id(self, slot: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.turn}/{slot}"))
