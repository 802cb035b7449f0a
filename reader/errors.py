"""What can go wrong, as one tree. Each message is a sentence for the reader of the news, not for the programmer.

ReaderError                 anything we expect to happen; a front end prints it and never a traceback
├── ConfigError             config.toml or an argument is wrong (exit code 2)
├── QueryError              a search that cannot be read; carries `position`
├── NotFoundError           no such story, source or section
├── LibraryError            the library file cannot be used
│   ├── LibraryDamagedError     not a database, or a damaged one
│   └── LibraryTooNewError      written by a newer Broadsheet
├── FetchError              the network gave no document
│   ├── UnreachableError        no connection, or no encryption on it: nothing was asked
│   ├── OfflineError            we were told to stay offline, or there is no network
│   ├── BlockedError            an address or scheme that is never asked
│   ├── TooLargeError           more than the limit allows
│   ├── GoneError               HTTP 410: stop asking
│   ├── MissingError            HTTP 404: the server has no such address
│   ├── RefusedError            HTTP 401 or 403: the name or the password is not accepted
│   └── RetryLaterError         HTTP 429 or 503; carries `retry_after_s`
└── ParseError              the document holds no news we can find
    └── ParserDiedError         the parsing process overran its limits and was killed
"""

from __future__ import annotations


class ReaderError(Exception):
    """An expected failure; `str()` is a sentence to show."""


class ConfigError(ReaderError):
    """The configuration or the usage is wrong."""


class QueryError(ReaderError):
    """A search is written in a way that has no meaning."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position
        """Index of the character in the query where it goes wrong; its length when something is missing at the end."""


class NotFoundError(ReaderError):
    """Nothing is kept under that id or URL."""


class LibraryError(ReaderError):
    """The library file cannot be opened, read or written."""


class LibraryDamagedError(LibraryError):
    """The file is no database of ours, or a damaged one; it is left as it is."""


class LibraryTooNewError(LibraryError):
    """The file was written by a newer version; it is left as it is."""


class FetchError(ReaderError):
    """No document came from the network."""


class UnreachableError(FetchError):
    """No connection came about, or no encryption on it; not for a certificate that cannot be trusted."""


class OfflineError(FetchError):
    """The network is not there, or we were told not to use it."""


class BlockedError(FetchError):
    """The address, scheme or redirect is one that is never followed."""


class TooLargeError(FetchError):
    """The answer was larger than its limit, on the wire or unpacked."""


class GoneError(FetchError):
    """HTTP 410: the publisher asks us to stop."""


class MissingError(FetchError):
    """HTTP 404: the server has no such address."""


class RefusedError(FetchError):
    """HTTP 401 or 403: the server does not accept who asks."""


class RetryLaterError(FetchError):
    """The server asks for patience."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """Seconds to wait, within one minute and one day."""


class ParseError(ReaderError):
    """The bytes hold no news that we can find."""


class ParserDiedError(ParseError):
    """The child process that parses overran its time or memory and was killed."""
