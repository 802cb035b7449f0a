"""A server of the Google Reader API on loopback, with state, and with the ways of FreshRSS or of Miniflux.

    with SyncServer("miniflux") as server:
        gazette = server.add_feed("http://gazette.example/feed", "The Gazette", "Politics")
        story = server.add_story(gazette, "Councils win power")
        ... let a library visit server.address ...
        assert server.stories[story].read

What the two do is taken from their sources: FreshRSS p/api/greader.php, Miniflux internal/googlereader, the latter with
the faults of its older versions, which are what a client has to live with.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.webserver import Answer, Request, WebServer

USER, PASSWORD = "ann", "s3cret & häuser"
LONG = "tag:google.com,2005:reader/item/"
STATE = "/state/com.google/"
NOW_S = int(datetime.now(UTC).timestamp())


@dataclass
class Feed:
    url: str
    title: str
    label: str
    home: str


@dataclass
class Story:
    feed: int
    title: str
    url: str
    html: str
    at: int
    read: bool = False
    starred: bool = False


@dataclass
class SyncServer:
    flavour: str = "freshrss"
    page: int = 10_000
    """How many ids it gives at once, whatever is asked for."""
    feeds: dict[int, Feed] = field(default_factory=dict)
    stories: dict[int, Story] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    """Each `edit-tag`: `+read 12 13`, `-starred 4`; each edit of subscriptions: `subscribe http://…`."""
    faults: dict[str, Answer | bytes | Callable[[], Any]] = field(default_factory=dict)
    """Answers given instead, by the end of the path."""
    refuses: set[str] = field(default_factory=set)
    """Feeds that it will not follow."""
    moves: dict[str, str] = field(default_factory=dict)
    """Feeds that it follows at another address than it was told."""

    def __post_init__(self) -> None:
        self.web = WebServer()
        self._next = 1

    def __enter__(self) -> SyncServer:
        self.web.__enter__()
        self.base = "/api/greader.php" if self.flavour == "freshrss" else ""
        self.web.answer(f"{self.base}/accounts/ClientLogin", self._guard(self._login))
        api = {
            "token": self._token,
            "subscription/list": self._subscriptions,
            "subscription/edit": self._edit,
            "subscription/quickadd": self._quickadd,
            "stream/items/ids": self._ids,
            "stream/items/contents": self._contents,
            "edit-tag": self._tag,
            "stream/contents/reading-list": lambda request, form: b"[]",
        }
        for path, handler in api.items():
            self.web.answer(f"{self.base}/reader/api/0/{path}", self._guard(self._known(handler)))
        return self

    def __exit__(self, *exc: object) -> None:
        self.web.__exit__(*exc)

    @property
    def address(self) -> str:
        return self.web.url("/" if self.flavour == "miniflux" else "")

    # What it has

    def add_feed(self, url: str, title: str = "The Gazette", label: str = "News") -> int:
        number = self._number()
        self.feeds[number] = Feed(url, title, label, url.rpartition("/")[0] + "/")
        return number

    def add_story(
        self, feed: int, title: str, *, html: str = "", age_s: int = 3600, url: str = "", **states: bool
    ) -> int:
        # FreshRSS numbers stories by the microsecond of their arrival, which takes 16 decimal digits.
        number = self._number() + (1_700_000_000_000_000 if self.flavour == "freshrss" else 0)
        url = url or f"{self.feeds[feed].home}story-{number}"
        self.stories[number] = Story(feed, title, url, html or f"<p>The text of {title}.</p>", NOW_S - age_s, **states)
        return number

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    @property
    def asked(self) -> list[str]:
        """The ends of the paths that were asked for, in order."""
        return [request.path.rpartition("/reader/api/0/")[2].removeprefix(self.base) for request in self.web.requests]

    # Answers

    def _guard(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        def answer(request: Request) -> Any:
            for end, fault in self.faults.items():
                if request.path.endswith(end):
                    given = fault() if callable(fault) else fault
                    if given is not NotImplemented:
                        return given
            return handler(request)

        return answer

    def _known(self, handler: Callable[[Request, list[tuple[str, str]]], Any]) -> Callable[[Request], Any]:
        def answer(request: Request) -> Any:
            query, form = _pairs(request.target.partition("?")[2]), _pairs(request.body.decode())
            by_header = request.headers.get("authorization") == f"GoogleLogin auth={self._auth}"
            if self.flavour == "miniflux":
                good = dict(form).get("T") == self._auth if request.method == "POST" else by_header
            else:
                good = by_header and (request.method == "GET" or dict(form).get("T") == "t" * 57)
            if not good:
                return Answer(b"Unauthorized!", 401, media_type="text/plain")
            wants_json = request.path.endswith("/token") or dict(query).get("output") == "json"
            if self.flavour == "miniflux" and request.method == "GET" and not wants_json:
                return Answer(b'{"error_message":"only json output is supported"}', 400)
            return handler(request, [*query, *form])

        return answer

    @property
    def _auth(self) -> str:
        return f"{USER}/0123456789abcdef"

    def _login(self, request: Request) -> Answer:
        form = dict(_pairs(request.body.decode()))
        if request.method != "POST" or (form.get("Email"), form.get("Passwd")) != (USER, PASSWORD):
            return Answer(b"Unauthorized!", 401)
        return Answer(f"SID={self._auth}\nLSID=null\nAuth={self._auth}\n".encode(), media_type="text/plain")

    def _token(self, request: Request, form: Any) -> bytes:
        return self._auth.encode() if self.flavour == "miniflux" else b"t" * 57 + b"\n"

    def _subscriptions(self, request: Request, form: Any) -> Answer:
        user = "1" if self.flavour == "miniflux" else "-"
        rows = [
            {
                "id": f"feed/{number}",
                "title": feed.title,
                "categories": [{"id": f"user/{user}/label/{feed.label}", "label": feed.label}] if feed.label else [],
                "url": feed.url,
                "htmlUrl": feed.home,
            }
            for number, feed in self.feeds.items()
        ]
        return _json({"subscriptions": rows})

    def _edit(self, request: Request, form: list[tuple[str, str]]) -> Any:
        asked = dict(form)
        stream = asked["s"].removeprefix("feed/")
        if asked["ac"] == "subscribe":
            if stream in self.refuses or (self.flavour == "freshrss" and not stream.startswith("http")):
                return Answer(b"Bad Request!", 400)
            self.changes.append(f"subscribe {stream}")
            self.add_feed(self.moves.get(stream, stream), asked.get("t", ""), asked.get("a", "").rpartition("/")[2])
        else:
            if not stream.isdecimal() or int(stream) not in self.feeds:
                return Answer(b"Bad Request!", 400)
            self.changes.append(f"unsubscribe {self.feeds.pop(int(stream)).url}")
            self.stories = {one: story for one, story in self.stories.items() if story.feed != int(stream)}
        return b"OK"

    def _quickadd(self, request: Request, form: Any) -> Answer:
        return _json({"numResults": 0})

    def _ids(self, request: Request, form: list[tuple[str, str]]) -> Answer:
        asked = dict(form)
        found = sorted(self.stories, key=lambda one: -one)
        if asked["s"].endswith("/starred"):
            found = [one for one in found if self.stories[one].starred]
        if asked.get("xt", "").endswith("/read"):
            found = [one for one in found if not self.stories[one].read]
        if "ot" in asked:
            found = [one for one in found if self.stories[one].at >= int(asked["ot"])]
        count = min(int(asked.get("n", 20)), self.page)
        if self.flavour == "miniflux":
            first = int(asked.get("c", 0))
            more = {"continuation": str(first + count)} if first + count < len(found) else {}
        else:
            first = found.index(int(asked["c"])) + 1 if "c" in asked else 0
            more = {"continuation": str(found[first : first + count][-1])} if len(found[first:]) >= count > 0 else {}
        return _json({"itemRefs": [{"id": str(one)} for one in found[first : first + count]], **more})

    def _contents(self, request: Request, form: list[tuple[str, str]]) -> Any:
        if request.method != "POST" or dict(form).get("output") != "json":
            return Answer(b"[]", media_type="application/json")
        if (wanted := self._named(form)) is None:
            return Answer(b'{"error_message":"could not parse item"}', 400)
        there = [one for one in wanted if one in self.stories]
        if not there and self.flavour == "miniflux":
            return Answer(b'{"error_message":"no items returned"}', 400)
        return _json({"id": "user/-/state/com.google/reading-list", "items": [self._item(one) for one in there]})

    def _item(self, number: int) -> dict[str, Any]:
        story, user = self.stories[number], "1" if self.flavour == "miniflux" else "-"
        states = [name for name, on in (("read", story.read), ("starred", story.starred)) if on]
        made = {
            "id": f"{LONG}{number:016x}",
            "published": story.at,
            "title": story.title,
            "author": "Ada Byron",
            "alternate": [{"href": story.url}],
            "categories": [f"user/{user}{STATE}{name}" for name in ("reading-list", *states)]
            + [f"user/{user}/label/{self.feeds[story.feed].label}"],
            "origin": {"streamId": f"feed/{story.feed}", "title": self.feeds[story.feed].title},
            "summary": {"content": story.html},
        }
        if self.flavour == "miniflux":
            made |= {"canonical": [{"href": story.url}], "content": {"content": story.html}, "enclosure": []}
        return made

    def _named(self, form: list[tuple[str, str]]) -> list[int] | None:
        """The numbers of `i`; Miniflux insists on the long form's 16 digits."""
        names = [value for name, value in form if name == "i"]
        if self.flavour == "miniflux" and any(not one.startswith(LONG) or len(one) != len(LONG) + 16 for one in names):
            return None
        return [int(one.removeprefix(LONG), 16) for one in names]

    def _tag(self, request: Request, form: list[tuple[str, str]]) -> Any:
        if (named := self._named(form)) is None:
            return Answer(b'{"error_message":"could not parse item"}', 500)
        for sign, tag in ((sign, value.rpartition("/")[2]) for sign, value in form if sign in "ar"):
            on = sign == "a"
            self.changes.append(f"{'+' if on else '-'}{tag} {' '.join(map(str, named))}")
            for story in (self.stories[one] for one in named if one in self.stories):
                if self.flavour == "miniflux" and on and getattr(story, tag):
                    setattr(story, tag, False)  # its older versions turn round what is so already
                else:
                    setattr(story, tag, on)
        return b"OK"


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _json(value: Any) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), media_type="application/json; charset=utf-8")
