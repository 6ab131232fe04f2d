"""The error tree. Every message says what failed, with the value, and what to do next; it may be shown to the user.

ResearchChatError
├── SettingsError            the installation is set up wrongly: start-up ends with exit code 2
│   ├── DataDirectoryError
│   │   └── DataDirectoryLocked
│   └── StoreVersionError
├── InvalidQuestion          a question that cannot be asked
├── AttachmentRefused        a file that cannot be attached to a message
├── CannotRetry              a turn that did not fail
├── NotFound                 unknown, or not the caller's
│   └── SignedOut            nobody's: the sign-in has run out, or the account is gone
├── TurnStoppedError         the person stopped the turn
├── LibraryFileError         a file of the library that cannot be read
└── ProviderError            a model or search service failed; `retryable` says whether trying again may help
"""


class ResearchChatError(Exception):
    """Base of all errors that this program raises on purpose."""


class SettingsError(ResearchChatError):
    pass


class DataDirectoryError(SettingsError):
    pass


class DataDirectoryLocked(DataDirectoryError):
    """Another process runs on this data directory. `address` is its URL, if it serves one."""

    def __init__(self, message: str, address: str | None = None) -> None:
        super().__init__(message)
        self.address = address


class StoreVersionError(SettingsError):
    """The database was written by a newer version, or is damaged."""


class InvalidQuestion(ResearchChatError):
    pass


class AttachmentRefused(ResearchChatError):
    pass


class CannotRetry(ResearchChatError):
    pass


class NotFound(ResearchChatError):
    pass


class SignedOut(NotFound):
    pass


class TurnStoppedError(ResearchChatError):
    pass


class LibraryFileError(ResearchChatError):
    pass


class ProviderError(ResearchChatError):
    """`reason`: the same in a few words, without who failed. `retry_after`: seconds that the service asks to be left alone."""

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        kind: str = "provider",
        reason: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.retryable = retryable
        self.kind = kind
        self.retry_after = retry_after
