"""The door to the network, against real sockets on loopback: what comes through, what does not, and what is said."""

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reader.errors import (
    BlockedError,
    ConfigError,
    FetchError,
    GoneError,
    OfflineError,
    RetryLaterError,
    TooLargeError,
    UnreachableError,
)
from reader.fetch import Document, Patience, Purpose, Web, wire
from reader.model import Unchanged, Validators
from reader.text import SafeUrl
from tests.webserver import Answer, Request, WebServer, Wire

TLS = Path(__file__).parent / "corpus" / "tls"
HERE = frozenset({"127.0.0.1"})
QUICK = Patience(connect_s=5, read_s=0.2, total_s=0.6)


def looked_up(host: str, _port: int) -> list[str]:
    """Names under .test are this computer; the others are nowhere."""
    known = {
        "gazette.test": ["127.0.0.1"],
        "courier.test": ["127.0.0.1"],
        "mixed.test": ["127.0.0.1", "10.0.0.1", "::1"],
        "mapped.test": ["::ffff:127.0.0.1"],
    }
    if host in known:
        return known[host]
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        yield running


@pytest.fixture
def canary() -> Iterator[WebServer]:
    """Another address of this computer, which nobody typed."""
    with WebServer("127.0.0.2") as running:
        running.page("/", "secret")
        yield running
        assert running.connections == 0


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web(resolve=looked_up) as opened:
        yield opened


async def fetched(web: Web, url: str, **options: object) -> Document:
    document = await web.get(SafeUrl(url), **{"allow": HERE, **options})  # type: ignore[arg-type]
    assert isinstance(document, Document)
    return document


async def refused(kind: type[FetchError], web: Web, url: str, **options: object) -> str:
    with pytest.raises(kind) as error:
        await fetched(web, url, **options)
    assert type(error.value) is kind
    return str(error.value)


# What comes


async def test_a_document_with_what_its_headers_say(server: WebServer, web: Web) -> None:
    url = server.page(
        "/feed",
        b"<rss/>",
        media_type="Application/RSS+XML; charset=UTF-8",
        etag='W/"1"',
        last_modified="Sun, 22 Nov 2026 12:00:00 GMT",
        headers={"Cache-Control": "max-age=600", "Link": "</hub>; rel=hub"},
    )
    document = await fetched(web, url)
    assert (document.url, document.body) == (url, b"<rss/>")
    assert (document.media_type, document.charset) == ("application/rss+xml", "utf-8")
    assert (document.validators.etag, document.validators.last_modified) == ('W/"1"', "Sun, 22 Nov 2026 12:00:00 GMT")
    assert len(document.validators.body_hash) == 32
    assert document.fresh_for_s == 600
    assert document.moved_to == ""
    assert document.links == {"hub": server.url("/hub")}


async def test_who_asks_and_what_is_not_said(server: WebServer, web: Web) -> None:
    url = server.page("/a", "x", headers={"Set-Cookie": "id=1; Path=/"})
    await fetched(web, url)
    await fetched(web, server.redirect("/b", "/a"))
    for request in server.requests:
        assert request.headers["user-agent"].startswith("Broadsheet/")
        assert request.headers["accept-encoding"] == "gzip"
        assert request.headers.keys() <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_each_purpose_asks_for_its_own(server: WebServer, web: Web) -> None:
    url = server.page("/", "x")
    for purpose in Purpose:
        await fetched(web, url, purpose=purpose)
    feed, page, picture, api = (request.headers["accept"] for request in server.requests)
    assert feed.startswith("application/atom+xml")
    assert page.startswith("text/html")
    assert picture.startswith("image/")
    assert api.startswith("application/json")


async def test_a_fragment_stays_here(server: WebServer, web: Web) -> None:
    url = server.page("/page", "x")
    assert (await fetched(web, url + "#part")).url == url
    assert server.paths == ["/page"]


async def test_connections_are_used_again(server: WebServer, web: Web) -> None:
    url = server.page("/", "x", etag='"1"')
    for _ in range(3):
        await fetched(web, url)
        await refused(FetchError, web, server.url("/missing"))
        await web.get(SafeUrl(url), allow=HERE, validators=Validators('"1"'))
    assert (len(server.requests), server.connections) == (9, 1)


async def test_a_kept_connection_that_the_server_closed_meanwhile_is_no_failure(server: WebServer, web: Web) -> None:
    async def once(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    url = server.script("/", once)
    for _ in range(3):
        assert (await fetched(web, url)).body == b"ok"


async def test_a_farewell_to_an_idle_connection_is_not_taken_for_an_answer(server: WebServer, web: Web) -> None:
    async def impatient(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await wire.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    url = server.script("/", impatient)
    for _ in range(2):
        assert (await fetched(web, url)).body == b"ok"
        await asyncio.to_thread(server.wait_until_idle)


# Validators and conditional requests


async def test_what_is_unchanged_is_not_sent_again(server: WebServer, web: Web) -> None:
    url = server.page("/", "x", etag='"1"', last_modified="Mon")
    known = (await fetched(web, url)).validators
    assert await web.get(SafeUrl(url), allow=HERE, validators=known) == Unchanged(known)
    assert server.requests[1].headers["if-none-match"] == '"1"'
    assert server.requests[1].headers["if-modified-since"] == "Mon"


async def test_validators_go_back_exactly_as_they_came(server: WebServer, web: Web) -> None:
    etag = 'W/"caf\xe9, \xff \t`"'
    url = server.page("/", "x", headers={"ETag": etag})
    known = (await fetched(web, url)).validators
    await web.get(SafeUrl(url), allow=HERE, validators=known)
    assert f"If-None-Match: {etag}\r\n".encode("latin-1") in server.requests[1].raw


async def test_the_same_bytes_are_unchanged_where_a_server_knows_no_validators(server: WebServer, web: Web) -> None:
    url = server.page("/", "x")
    known = (await fetched(web, url)).validators
    assert isinstance(await web.get(SafeUrl(url), allow=HERE, validators=known), Unchanged)
    server.page("/", "y")
    assert isinstance(await web.get(SafeUrl(url), allow=HERE, validators=known), Document)


async def test_an_unchanged_answer_may_renew_the_validators(server: WebServer, web: Web) -> None:
    url = server.page("/", status=304, headers={"ETag": '"2"', "Cache-Control": "max-age=60"})
    unchanged = await web.get(SafeUrl(url), allow=HERE, validators=Validators('"1"', "Mon", "hash"))
    assert unchanged == Unchanged(Validators('"2"', "Mon", "hash"), 60)


async def test_unchanged_is_no_answer_to_an_unconditional_question(server: WebServer, web: Web) -> None:
    url = server.page("/", status=304)
    assert "304" in await refused(FetchError, web, url)
    assert "304" in await refused(FetchError, web, url, validators=Validators(body_hash="only"))


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(server: WebServer, web: Web, status: int) -> None:
    target = server.page("/new", "x")
    document = await fetched(web, server.redirect("/old", "new", status))
    assert document.url == target
    assert document.moved_to == (target if status in (301, 308) else "")


async def test_a_chain_is_permanent_when_every_part_of_it_is(server: WebServer, web: Web) -> None:
    target = server.page("/d", "x", etag='"1"')
    for path, to, status in (("/a", "/b", 301), ("/b", "/d", 308), ("/c", "/b", 302)):
        server.redirect(path, to, status)
    assert (await fetched(web, server.url("/a"))).moved_to == target
    assert (await fetched(web, server.url("/c"))).moved_to == ""
    unchanged = await web.get(SafeUrl(server.url("/a")), allow=HERE, validators=Validators('"1"'))
    assert isinstance(unchanged, Unchanged)
    assert unchanged.moved_to == target


async def test_five_redirects_and_no_more(server: WebServer, web: Web) -> None:
    for n in range(7):
        server.redirect(f"/{n}", f"/{n + 1}")
    server.page("/7", "x")
    assert (await fetched(web, server.url("/2"))).url == server.url("/7")
    assert "more than 5 times" in await refused(FetchError, web, server.url("/1"))
    assert len(server.requests) == 12


async def test_a_circle_is_noticed_at_once(server: WebServer, web: Web) -> None:
    server.redirect("/a", "/b")
    server.redirect("/b", "/a#again")
    assert "in a circle" in await refused(FetchError, web, server.url("/a"))
    assert server.paths == ["/a", "/b"]


@pytest.mark.parametrize(
    "to",
    [
        "ftp://gazette.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/plain,x",
        "https://",
        "http://[::1",
    ],
)
async def test_a_redirect_out_of_the_web_is_blocked(server: WebServer, web: Web, to: str) -> None:
    said = await refused(BlockedError, web, server.redirect("/", to))
    assert said == f"{server.origin} redirected to something that is not an address of the web."


async def test_a_redirect_to_nowhere(server: WebServer, web: Web) -> None:
    assert "to nowhere" in await refused(FetchError, web, server.page("/", status=302))


async def test_a_redirect_may_have_an_endless_body(server: WebServer, web: Web) -> None:
    async def endless(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 302 Found\r\nLocation: /new\r\n\r\n")
        while True:
            await wire.send(b"x" * 65_536)

    server.script("/old", endless)
    target = server.page("/new", "x")
    assert (await fetched(web, server.url("/old"))).url == target


# Addresses


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
)
async def test_this_computer_is_not_asked_by_any_spelling(server: WebServer, host: str) -> None:
    async with Web() as web:
        await refused(BlockedError, web, f"http://{host}:{server.port}/", allow=frozenset())
    assert server.connections == 0


@pytest.mark.parametrize("name", ["gazette.test", "mixed.test", "mapped.test"])
async def test_a_name_does_not_hide_a_private_address(server: WebServer, web: Web, name: str) -> None:
    await refused(BlockedError, web, f"http://{name}:{server.port}/", allow=frozenset({"127.0.0.1"}))
    assert server.connections == 0


async def test_a_redirect_does_not_reach_what_nobody_typed(server: WebServer, canary: WebServer, web: Web) -> None:
    said = await refused(BlockedError, web, server.redirect("/", canary.url("/")))
    assert said.startswith(canary.origin)


async def test_a_host_that_was_typed_may_be_private(server: WebServer, web: Web) -> None:
    server.page("/", "x")
    url = f"http://gazette.test:{server.port}/"
    assert (await fetched(web, url, allow=frozenset({"gazette.test"}))).url == url
    assert (await fetched(web, url, allow=frozenset({f"gazette.test:{server.port}"}))).url == url
    await refused(BlockedError, web, url, allow=frozenset({"gazette.test:1"}))


async def test_a_typed_name_that_was_public_cannot_become_private(
    server: WebServer, canary: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a publisher lets the name of its own site point into the reader's network."""
    real = wire.is_public
    monkeypatch.setattr(wire, "is_public", lambda address: address == "127.0.0.1" or real(address))
    now_at = ["127.0.0.1"]
    async with Web(resolve=lambda host, port: list(now_at)) as web:
        typed = frozenset({"gazette.test", f"gazette.test:{server.port}"})
        at = f"http://gazette.test:{server.port}"
        server.page("/", "news")
        server.redirect("/in", f"http://gazette.test:{canary.port}/")
        for _ in range(2):
            await fetched(web, f"{at}/", allow=typed)
        assert server.connections == 1, "and the connection is kept"
        assert web.is_public("gazette.test")
        now_at[:] = ["127.0.0.2"]
        said = await refused(BlockedError, web, f"{at}/in", allow=typed)
        assert "private address" in said
    async with Web(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]) as web:
        await fetched(web, f"{at}/", allow=typed)  # of several addresses only the public ones are asked


async def test_a_trusted_connection_does_not_serve_one_that_is_not(server: WebServer, web: Web) -> None:
    url = server.page("/", "x")
    await fetched(web, url)
    await refused(BlockedError, web, url, allow=frozenset())
    assert len(server.requests) == 1


async def test_only_the_web_is_asked(web: Web) -> None:
    for url in ("ftp://gazette.test/", "file:///etc/passwd", "gopher://gazette.test", "", "gazette.test", "http://"):
        await refused(BlockedError, web, url)


# Encryption


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the tests' own authority, as a user would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))


def secure(certificate: str) -> WebServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{certificate}.pem")
    return WebServer(tls=context)


@pytest.mark.usefixtures("trusting")
async def test_https(web: Web) -> None:
    with secure("good") as server:
        body = b"x" * 300_000
        url = server.page("/", body)
        for _ in range(2):
            assert (await fetched(web, url)).body == body
        assert server.connections == 1
        assert (await fetched(web, f"https://gazette.test:{server.port}/", allow=frozenset({"gazette.test"}))).body


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        ("expired", "has expired"),
        ("elsewhere", "is for another"),
        ("self-signed", "nobody but itself"),
    ],
)
async def test_each_fault_of_a_certificate_has_its_name(web: Web, certificate: str, reason: str) -> None:
    with secure(certificate) as server:
        said = await refused(FetchError, web, server.page("/", "x"))
        assert said.startswith(f"{server.origin} cannot be trusted: its certificate ")
        assert reason in said
        assert server.requests == []


async def test_an_authority_that_nobody_knows(web: Web) -> None:
    with secure("good") as server:
        assert "does not know" in await refused(FetchError, web, server.page("/", "x"))


@pytest.mark.usefixtures("trusting")
async def test_https_where_there_is_none(web: Web) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1") as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert "could not agree on an encrypted connection" in await refused(UnreachableError, web, url)


@pytest.mark.usefixtures("trusting")
async def test_encryption_is_never_lost_on_the_way(server: WebServer, web: Web) -> None:
    with secure("good") as locked:
        said = await refused(BlockedError, web, locked.redirect("/", server.page("/", "x")))
        assert said == f"{locked.origin} redirected from an encrypted address to one that is not."
        assert (await fetched(web, server.redirect("/up", locked.page("/x", "x")))).body == b"x"
    assert server.paths == ["/up"]


# Credentials


async def test_a_login_is_for_its_own_origin_only(server: WebServer, web: Web) -> None:
    with WebServer() as other:
        target = other.page("/feed", "x")
        server.redirect("/b", target)
        await fetched(web, server.redirect("/a", "/b"), login="ada:pass:wörd")
        sent = [request.headers.get("authorization") for request in (*server.requests, *other.requests)]
    assert sent == ["Basic YWRhOnBhc3M6d8O2cmQ=", "Basic YWRhOnBhc3M6d8O2cmQ=", None]


async def test_a_login_is_in_no_message(server: WebServer, web: Web) -> None:
    said = await refused(FetchError, web, server.page("/", status=401), login="ada:secret")
    assert said == f"{server.origin} did not accept the name and the password."
    said = await refused(FetchError, web, "http://ada:secret@courier.test.invalid/")
    assert "secret" not in said


# Limits


async def test_gzip_is_unpacked_once(server: WebServer, web: Web) -> None:
    packed = gzip.compress(b"news" * 10_000)
    for path, body, headers in (
        ("/declared", packed, {"Content-Encoding": "gzip"}),
        ("/old-name", packed, {"Content-Encoding": "X-GZip"}),
        ("/sitemap.xml.gz", packed, {}),
        ("/lie", b"news" * 10_000, {"Content-Encoding": "gzip"}),
        ("/joined", gzip.compress(b"news" * 4_000) + gzip.compress(b"news" * 6_000), {"Content-Encoding": "gzip"}),
        ("/rubbish-behind", packed + b"\0" * 100, {"Content-Encoding": "gzip"}),
    ):
        assert (await fetched(web, server.page(path, body, headers=headers))).body == b"news" * 10_000, path
    twice = server.page("/twice", gzip.compress(packed), headers={"Content-Encoding": "gzip"})
    assert (await fetched(web, twice)).body == packed


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "compress", "\x1b[2J"])
async def test_other_packings_are_refused(server: WebServer, web: Web, coding: str) -> None:
    url = server.page("/", zlib.compress(b"news"), headers={"Content-Encoding": coding})
    assert "not asked for" in await refused(FetchError, web, url)


@pytest.mark.parametrize("size", [40 << 20, (16 << 20) + 1])
async def test_a_bomb_does_not_go_off(server: WebServer, web: Web, size: int) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(size >> 20))
    bomb += packer.compress(b"\0" * (size & 0xFFFFF)) + packer.flush()
    url = server.page("/", bomb, headers={"Content-Encoding": "gzip"})
    assert "more than the 16 MB" in await refused(TooLargeError, web, url)


async def test_a_damaged_or_cut_gzip_is_no_document(server: WebServer, web: Web) -> None:
    packed = gzip.compress(bytes(range(256)) * 40)
    assert "broke off" in await refused(FetchError, web, server.page("/cut", packed[:-9]))
    assert "damaged" in await refused(FetchError, web, server.page("/bad", packed[:20] + b"\xff" * 40 + packed[60:]))


@pytest.mark.parametrize(("purpose", "megabytes"), [(Purpose.FEED, 16), (Purpose.PAGE, 5), (Purpose.PICTURE, 8)])
async def test_each_purpose_has_its_limit(server: WebServer, web: Web, purpose: Purpose, megabytes: int) -> None:
    just = server.page("/just", b"x" * (megabytes << 20))
    assert len((await fetched(web, just, purpose=purpose)).body) == megabytes << 20
    over = server.page("/over", b"x" * ((megabytes << 20) + 1))
    assert f"{megabytes} MB" in await refused(TooLargeError, web, over, purpose=purpose)


async def test_an_endless_body_is_left_at_the_limit(server: WebServer, web: Web) -> None:
    sent = 0

    async def endless(wire: Wire) -> None:
        nonlocal sent
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.send(b"x" * 65_536)
            sent += 65_536

    await refused(TooLargeError, web, server.script("/", endless), purpose=Purpose.PAGE)
    await asyncio.to_thread(server.wait_until_idle)
    assert sent < 20 << 20


@pytest.mark.parametrize(
    ("head", "filler"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 16_000 + b"\r\ny\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 16_000 + b"\r\n\r\n"),
    ],
    ids=["chunk extensions", "early hints"],
)
async def test_what_is_no_body_counts_too(server: WebServer, web: Web, head: bytes, filler: bytes) -> None:
    async def talkative(wire: Wire) -> None:
        await wire.send(head)
        while True:
            await wire.send(filler)

    await refused(TooLargeError, web, server.script("/", talkative), purpose=Purpose.PAGE)


async def test_headers_have_a_limit(server: WebServer, web: Web) -> None:
    few = server.page("/few", "x", headers={"X-A": "a" * 60_000})
    assert (await fetched(web, few)).body == b"x"
    many = server.page("/many", "x", headers={f"X-{n}": "a" * 60_000 for n in range(2)})
    assert "headers that are longer" in await refused(TooLargeError, web, many)

    async def endless(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            await wire.send(b"x" * 65_536)

    assert "headers that are longer" in await refused(TooLargeError, web, server.script("/endless", endless))


# Time


async def test_a_server_that_says_nothing(server: WebServer) -> None:
    async def silent(wire: Wire) -> None:
        await wire.until_hung_up()

    async with Web(patience=QUICK) as web:
        said = await refused(FetchError, web, server.script("/", silent))
    assert said == f"{server.origin} did not answer within 0.2 s."
    await asyncio.to_thread(server.wait_until_idle)


async def test_a_body_that_stops_in_the_middle(server: WebServer) -> None:
    async def half(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await wire.until_hung_up()

    async with Web(patience=QUICK) as web:
        assert "did not answer within 0.2 s" in await refused(FetchError, web, server.script("/", half))


async def test_one_deadline_over_everything(server: WebServer) -> None:
    async def drip(wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.send(b"x")
            await asyncio.sleep(0.05)

    server.script("/drip", drip)
    async with Web(patience=QUICK) as web:
        said = await refused(FetchError, web, server.redirect("/", "/drip"))
    assert said == f"{server.origin} took longer than the 0.6 s that are allowed."
    await asyncio.to_thread(server.wait_until_idle)


async def test_waiting_for_a_turn_is_not_the_server_s_fault(server: WebServer) -> None:
    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.1)
        return b"x"

    url = server.answer("/", slow)
    async with Web(patience=Patience(total_s=0.8)) as web:
        documents = await asyncio.gather(*(fetched(web, url) for _ in range(20)))
    assert len(documents) == 20


async def test_a_cancelled_fetch_lets_go(server: WebServer, web: Web) -> None:
    async def silent(wire: Wire) -> None:
        await wire.until_hung_up()

    url = server.script("/", silent)
    fetches = [asyncio.create_task(fetched(web, url)) for _ in range(2)]
    await asyncio.to_thread(server.wait_for_requests, 2)
    for fetch in fetches:
        fetch.cancel()
    await asyncio.gather(*fetches, return_exceptions=True)
    await asyncio.to_thread(server.wait_until_idle)
    assert (await fetched(web, server.page("/", "x"))).body == b"x"


# Politeness


async def test_two_connections_a_host(server: WebServer, web: Web) -> None:
    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.02)
        return b"x"

    url = server.answer("/", slow)
    await asyncio.gather(*(fetched(web, url) for _ in range(12)))
    assert (server.most_open, server.connections) == (2, 2)


async def test_so_many_at_once_as_was_said() -> None:
    with WebServer() as one, WebServer("127.0.0.2") as two, WebServer("127.0.0.3") as three:
        running = most = 0

        async def slow(_: Request) -> bytes:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1
            return b"x"

        urls = [server.answer("/", slow) for server in (one, two, three)]
        allow = frozenset({"127.0.0.1", "127.0.0.2", "127.0.0.3"})
        async with Web(concurrency=3) as web:
            await asyncio.gather(*(fetched(web, url, allow=allow) for url in urls * 4))
    assert most <= 3


@pytest.mark.parametrize(
    ("status", "header", "seconds"), [(429, "120", 120), (503, "5", 60), (429, "999999999", 86_400), (503, None, 900)]
)
async def test_a_wish_for_patience(server: WebServer, web: Web, status: int, header: str | None, seconds: int) -> None:
    url = server.page("/", status=status, headers={"Retry-After": header} if header else {})
    with pytest.raises(RetryLaterError) as error:
        await fetched(web, url)
    assert error.value.retry_after_s == seconds
    assert str(error.value).startswith(f"{server.origin} asks for patience: {status} (")


async def test_a_host_that_asked_for_patience_is_asked_more_slowly(server: WebServer, web: Web) -> None:
    refusal, fine = server.page("/no", status=429), server.page("/", "x")
    await refused(RetryLaterError, web, refusal)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(2):
        await fetched(web, fine)
    assert loop.time() - began >= 0.5


# Answers that are none


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (204, "no content"),
        (206, "partial content"),
        (300, "multiple choices"),
        (400, "it did not understand the request"),
        (401, "it asks for a name and a password"),
        (403, "it does not let us in"),
        (404, "not found"),
        (451, "withheld for legal reasons"),
        (500, "it has a fault of its own"),
        (522, "the server behind Cloudflare does not answer"),
    ],
)
async def test_each_refusal_in_words(server: WebServer, web: Web, status: int, words: str) -> None:
    said = await refused(FetchError, web, server.page("/", "\x1b[2Jboo", status=status))
    assert said == f"{server.origin} answered {status} ({words})."


async def test_a_status_nobody_knows(server: WebServer, web: Web) -> None:
    assert await refused(FetchError, web, server.page("/", status=799)) == f"{server.origin} answered 799."


async def test_gone_for_good(server: WebServer, web: Web) -> None:
    assert "gone for good" in await refused(GoneError, web, server.page("/", status=410))


async def test_nothing_is_no_document(server: WebServer, web: Web) -> None:
    assert "empty answer" in await refused(FetchError, web, server.page("/", b""))
    assert "empty answer" in await refused(FetchError, web, server.page("/z", gzip.compress(b"")))


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (b"", "hung up without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "hung up without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "broke off in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "broke off in the middle"),
        (b"ICY 200 OK\r\n\r\n", "something that is not HTTP"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "something that is not HTTP"),
        (b"\x1b]0;pwned\x07\r\n\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nx", "something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nName with space: x\r\n\r\n", "something that is not HTTP"),
        (b"<html>not even close</html>\r\n\r\n", "something that is not HTTP"),
    ],
)
async def test_what_is_no_answer(server: WebServer, web: Web, wire: bytes, said: str) -> None:
    told = await refused(FetchError, web, server.raw("/", wire))
    assert said in told
    assert told.isprintable()


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.0 200 OK\r\n\r\nnews",
        b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nnews",
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\nnews",
        b"HTTP/1.1 200 Fine \xff\r\nContent-Length: 4\r\n\r\nnews and more",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nne\r\n2\r\nws\r\n0\r\nTrailer: x\r\n\r\n",
    ],
)
async def test_odd_answers_that_are_understood(server: WebServer, web: Web, wire: bytes) -> None:
    assert (await fetched(web, server.raw("/", wire))).body == b"news"


async def test_a_wrong_length_is_no_harm_when_gzip_is_complete(server: WebServer, web: Web) -> None:
    packed = gzip.compress(b"news")
    url = server.raw("/", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n" + packed)
    assert (await fetched(web, url)).body == b"news"


async def test_a_length_beyond_the_limit_is_refused_unread(server: WebServer, web: Web) -> None:
    url = server.raw("/", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    assert "more than the 16 MB" in await refused(TooLargeError, web, url)


async def test_a_connection_that_is_reset(server: WebServer, web: Web) -> None:
    async def reset(wire: Wire) -> None:
        wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wire.writer.transport.abort()

    assert "broke off the connection" in await refused(FetchError, web, server.script("/", reset))


# No answer at all


async def test_nobody_there(web: Web) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert (
            await refused(UnreachableError, web, f"http://127.0.0.1:{port}/")
            == f"127.0.0.1:{port} refused the connection."
        )


def has_network() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return probe.connect_ex(("192.0.2.1", 9)) == 0


@pytest.mark.skipif(not has_network(), reason="without a route to anywhere every unknown name means no network")
async def test_no_such_host(web: Web) -> None:
    assert await refused(FetchError, web, "http://nowhere.test/") == "There is no host called nowhere.test."


async def test_a_name_service_that_does_not_answer_means_no_network() -> None:
    def silent(host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async with Web(resolve=silent) as web:
        await refused(OfflineError, web, "http://gazette.test/")


async def test_a_name_that_cannot_be_one() -> None:
    def strict(host: str, _port: int) -> list[str]:
        raise UnicodeError("label too long")

    async with Web(resolve=strict) as web:
        with pytest.raises(FetchError):
            await fetched(web, "http://gazette.test/")


async def test_a_name_service_that_hangs_does_not_hold_up_anything() -> None:
    hold = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hanging(host: str, _port: int) -> list[str]:
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result()
        return ["127.0.0.1"]

    async with Web(resolve=hanging, patience=Patience(connect_s=0.05)) as web:
        assert "could not be reached within 0.05 s" in await refused(UnreachableError, web, "http://gazette.test/")
    hold.set()


async def test_the_second_address_answers_when_the_first_does_not(server: WebServer) -> None:
    url = server.page("/", "x").replace("127.0.0.1", "gazette.test")
    async with Web(resolve=lambda host, port: ["127.0.0.9", "::1", "127.0.0.1"]) as web:
        assert (await fetched(web, url, allow=frozenset({"gazette.test"}))).body == b"x"


async def test_offline_asks_nobody(server: WebServer) -> None:
    url = server.page("/", "x")
    async with Web(offline=True) as web:
        assert "offline" in await refused(OfflineError, web, url)
    assert server.connections == 0


# Proxies


def proxying(server: WebServer) -> None:
    """Let the server answer as a plain proxy does: it is asked for whole addresses."""
    server.answer("http://gazette.test/feed", lambda request: Answer(b"through the proxy"))


async def test_only_the_proxy_that_was_configured(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    proxying(server)
    url = "http://gazette.test/feed"
    monkeypatch.setenv("HTTP_PROXY", server.url())
    monkeypatch.setenv("ALL_PROXY", server.url())
    async with Web(resolve=looked_up) as web:
        await refused(BlockedError, web, url)
    assert server.connections == 0
    async with Web(proxy=f"http://user:pass%21@{server.origin}", resolve=looked_up) as web:
        assert (await fetched(web, url)).body == b"through the proxy"
        assert (await fetched(web, url)).body == b"through the proxy"
    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIQ=="
    assert server.connections == 1


async def test_a_proxy_is_not_asked_for_its_own_network(server: WebServer) -> None:
    async with Web(proxy=server.url()) as web:
        for host in ("127.0.0.1", "localhost", "[::1]", "127.1", "169.254.169.254"):
            await refused(BlockedError, web, f"http://{host}/", allow=frozenset())
    assert server.connections == 0


async def test_a_proxy_that_is_not_there_is_named() -> None:
    async with Web(proxy="http://user:secret@127.0.0.1:9") as web:
        said = await refused(UnreachableError, web, "http://gazette.test/")
    assert said == "The proxy 127.0.0.1 refused the connection."


async def test_a_proxy_that_does_not_let_us_through(server: WebServer) -> None:
    async with Web(proxy=server.url()) as web:
        said = await refused(FetchError, web, "https://gazette.test/")
    assert said.startswith("The proxy ")


@pytest.mark.parametrize("proxy", ["nonsense", "ftp://proxy.test", "http://", "http://proxy.test:99999", "http://[::1"])
def test_a_proxy_that_is_none(proxy: str) -> None:
    with pytest.raises(ConfigError):
        Web(proxy=proxy)
