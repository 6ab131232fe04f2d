"""Everything a request passes before it reaches a route, in the order in which it does."""

from collections.abc import Iterable

from starlette.types import ASGIApp

from chat_app.web.limits import BodyLimit
from chat_app.web.local_login import LocalLogin, LocalUser
from chat_app.web.origins import Origins
from chat_app.web.page_language import PageLanguage
from chat_app.web.security_headers import SecurityHeaders


def guarded(app: ASGIApp, local_user: LocalUser | None, allowed_origins: Iterable[str] = ()) -> ASGIApp:
    """`app` behind all guards. `local_user` only where `exposure.sign_in_method` says "local".

    The headers come first so that refusals carry them; nobody is signed in before the origin is known to be ours.
    """
    inner = LocalLogin(app, local_user) if local_user else app
    return PageLanguage(SecurityHeaders(BodyLimit(Origins(inner, allowed_origins))))
