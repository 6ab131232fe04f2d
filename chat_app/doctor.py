"""`research-chat doctor`: what is set up, who does what and why, and what is missing."""

from collections.abc import Iterator

from chat_app.agents.models import EXCERPTS, Roles, model_of, roles_of, spoken_name
from chat_app.bootstrap import open_library
from chat_app.data_directory import DataDirectory, holder_of
from chat_app.errors import DataDirectoryLocked, ResearchChatError
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.web.exposure import sign_in_method


async def examine(settings: Settings) -> int:
    """Print the findings; returns 0 when a turn can be run, 2 when not."""
    problems = 0
    findings = [*_models(settings), *await _storage(settings), *_access(settings), *await _library(settings)]
    for line, is_problem in findings:
        print(f"{'✗' if is_problem else '✓'} {line}")
        problems += is_problem
    return 2 if problems else 0


Finding = tuple[str, bool]


def _models(settings: Settings) -> Iterator[Finding]:
    roles = roles_of(settings)
    yield from (_role(name, model) for name, model in _by_role(roles))
    yield f"Reason: {_reason(settings)}", False


def _by_role(roles: Roles) -> list[tuple[str, str | None]]:
    return [("Planner", roles.planner), ("Searcher", roles.searcher), ("Analyst", roles.analyst)]


def _role(name: str, model_id: str | None) -> Finding:
    if model_id is None:
        return f"{name}: the library only; no model with web search is set", False
    label = spoken_name(model_id) if model_id == EXCERPTS else f"{spoken_name(model_id)} ({model_id})"
    try:
        model_of(model_id)
    except Exception as error:  # noqa: BLE001 -- whatever a provider's SDK says of its settings is the finding
        return f"{name}: {label} cannot be used: {error}", True
    return f"{name}: {label}", False


def _reason(settings: Settings) -> str:
    keys = {
        "ANTHROPIC_API_KEY": settings.anthropic_key,
        "GOOGLE_API_KEY or GEMINI_API_KEY": settings.google_key,
        "OPENAI_API_KEY": settings.openai_key,
    }
    found = [name for name, key in keys.items() if key]
    if found:
        return f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} set"
    return "no key is set (ANTHROPIC_API_KEY, GOOGLE_API_KEY or OPENAI_API_KEY; one is enough)"


async def _storage(settings: Settings) -> list[Finding]:
    try:
        directory = DataDirectory.hold(settings.data_dir, None)
    except DataDirectoryLocked:
        holder = holder_of(settings.data_dir)
        where = holder.address if holder and holder.address else "another process"
        return [(f"Data: {settings.data_dir}, in use by {where}", False)]
    except ResearchChatError as error:
        return [(str(error), True)]
    try:
        database = await Database.open(settings)
        reason = await database.check()
        await database.close()
    except ResearchChatError as error:
        return [(str(error), True)]
    finally:
        directory.release()
    return [(reason or f"Data: {database.place}", reason is not None)]


def _access(settings: Settings) -> Iterator[Finding]:
    try:
        method = sign_in_method(settings, oauth_configured=settings.has_oauth)
    except ResearchChatError as error:
        yield str(error), True
        return
    yield f"Address: {settings.address}; sign-in: {'the local user' if method == 'local' else method}", False


async def _library(settings: Settings) -> list[Finding]:
    if not settings.data_dir.is_dir():
        return []
    library = open_library(settings)
    try:
        await library.refresh()
        status, files = library.status(), library.files()
    finally:
        await library.close()
    what = "the project's own documents" if status.is_starter else str(settings.library_dir)
    line = f"Library: {what}, {status.indexed} files in {status.passages} passages"
    if status.is_starter:
        line += f"; put your own into {settings.library_dir}"
    return [(line, False), *((f"  {file.path}: {file.error}", False) for file in files if file.error)]
