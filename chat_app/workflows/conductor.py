"""DBOS Conductor, DBOS's console of running workflows: used with a key, where its proprietary client is installed.

See https://docs.dbos.dev/production/conductor. Nothing here depends on it.
"""

import logging
from importlib import import_module
from uuid import UUID

from dbos import DBOS, DBOSConfig

from chat_app.settings import Settings

logger = logging.getLogger(__name__)

_CLIENT = "dbos_enterprise"


def obstacle() -> str | None:
    """Why Conductor cannot be used, whatever the key; None when it can."""
    try:
        import_module(_CLIENT)
    except ImportError as exc:
        if isinstance(exc, ModuleNotFoundError) and exc.name == _CLIENT:
            return 'the package dbos-enterprise is not installed; `pip install "dbos[enterprise]"` installs it'
        return f"the package dbos-enterprise does not fit the installed dbos ({exc}); install the same version of both"
    return None


def connection(settings: Settings) -> DBOSConfig:
    """What the engine's configuration needs for Conductor. A key that cannot be used is told, and ignored."""
    if settings.conductor_key is None:
        return DBOSConfig()
    reason = obstacle()
    if reason is not None:
        logger.warning("DBOS_CONDUCTOR_KEY is ignored: %s.", reason)
        return DBOSConfig()
    return DBOSConfig(
        conductor_key=settings.conductor_key.get_secret_value(),
        # Otherwise questions and reports would be sent along.
        conductor_metadata_only_mode=not settings.trace_content,
    )


async def resume_left_behind(instance_id: str) -> None:
    """Go on with what was running when an earlier process of this installation ended.

    With a key the engine gives each process a new name and leaves that to Conductor, which may be out of reach; and
    without one it looks for its own name only, not for one that it had with a key.
    """
    running = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
    names = {run.workflow_id: run.executor_id or "" for run in running if run.executor_id != DBOS.executor_id}
    left = [run for run, name in names.items() if name == instance_id or _is_conductors(name)]
    if left:
        await DBOS.resume_workflows_async(left)


def _is_conductors(name: str) -> bool:
    """Whether the engine made the name. Our own have no hyphens."""
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
