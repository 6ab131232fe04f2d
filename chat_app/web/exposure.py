"""Who may use the server, decided by how far it can be reached: nobody else is let in without signing in."""

from typing import Literal

from chat_app.errors import SettingsError
from chat_app.settings import Settings
from chat_app.web.addresses import is_loopback
from chat_app.web.users import read_users

SignIn = Literal["local", "users", "oauth"]


def sign_in_method(settings: Settings, oauth_configured: bool) -> SignIn:
    """How people sign in to a server with these settings; raises SettingsError if it must not start with them."""
    if settings.users_file is not None and oauth_configured:
        raise SettingsError(
            f"CHAT_APP_USERS_FILE ({str(settings.users_file)!r}) and an OAuth provider are both set; unset one of them."
        )
    if settings.users_file is not None:
        read_users(settings.users_file)
        return "users"
    if oauth_configured:
        return "oauth"
    if is_loopback(settings.host):
        return "local"
    raise SettingsError(
        f"HOST is {settings.host!r}, which other machines can reach, and nobody would have to sign in. Make a users file "
        "(`research-chat users add NAME`) and set CHAT_APP_USERS_FILE to it, or set an OAuth provider (such as "
        "OAUTH_GITHUB_CLIENT_ID and OAUTH_GITHUB_CLIENT_SECRET), or set HOST=127.0.0.1 to keep it to this machine."
    )
