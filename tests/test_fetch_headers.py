"""Headers and addresses: pure functions over what servers really send."""

from datetime import UTC, datetime

import pytest

from reader.fetch import headers
from reader.fetch.addresses import is_allowed, is_private_name, is_public
from reader.model import Validators
from reader.text import SafeUrl

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = SafeUrl("https://gazette.test/news/")


def fields(**named: str) -> headers.Fields:
    return [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in named.items()]


# Addresses


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450::1", "100.63.255.255"])
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["64:ff9b::5db8:d822", "::ffff:93.184.216.34"])
def test_an_address_that_carries_another_is_judged_by_it(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),
        *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
        *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1"),
        *("ff02::1", "fec0::1", "2001:db8::1", "2001::1", "2001:10::1", "3fff::1", "100::1", "64:ff9b:1::a00:1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2002:a00:1::", "2002:5db8:d822::", "5f00::1", "not an address", "", "127.1"),
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "a.localhost", "localhost.", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1", "10.1"]
)
def test_names_that_a_proxy_would_take_for_its_own_network(host: str) -> None:
    assert is_private_name(host)


@pytest.mark.parametrize("host", ["gazette.test", "localhost.gazette.test", "1.1.1.1", "2606:4700::1111"])
def test_names_that_tell_nothing(host: str) -> None:
    assert not is_private_name(host)


def test_a_host_is_allowed_alone_or_with_its_port() -> None:
    assert is_allowed("nas.test", 80, frozenset({"nas.test"}))
    assert is_allowed("nas.test", 8080, frozenset({"nas.test:8080"}))
    assert is_allowed("::1", 80, frozenset({"[::1]:80"}))
    assert is_allowed("::1", 80, frozenset({"[::1]"}))
    assert not is_allowed("nas.test", 81, frozenset({"nas.test:8080"}))
    assert not is_allowed("other.nas.test", 80, frozenset({"nas.test"}))
    assert not is_allowed("127.0.0.1", 80, frozenset())


# Retry-After (RFC 9110 section 10.2.3)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 60),
        ("59", 60),
        ("-5", 60),
        ("90.5", 90),
        ("99999999999", 86_400),
        ("9" * 5_000, 900),
        ("Sun, 22 Nov 2026 12:10:00 GMT", 600),
        ("Sunday, 22-Nov-26 12:10:00 GMT", 600),
        ("Sun Nov 22 12:10:00 2026", 600),
        ("Sat, 21 Nov 2026 12:00:00 GMT", 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("soon", 900),
        ("١٢٠", 900),
        ("", 900),
    ],
)
def test_a_wish_for_patience_is_kept_within_a_minute_and_a_day(said: str, seconds: int) -> None:
    given = [(b"Retry-After", said.encode())] if said else []
    assert headers.retry_after_s(given, NOW) == seconds


def test_a_date_to_wait_for_is_seen_from_the_server_s_own_clock() -> None:
    given = fields(Retry_After="Sun, 22 Nov 2020 12:05:00 GMT", Date="Sun, 22 Nov 2020 12:00:00 GMT")
    assert headers.retry_after_s(given, NOW) == 300


# Freshness (RFC 9111 section 4.2.1)


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("max-age=300", 300),
        ("public, max-age=300", 300),
        ("public,max-age=300", 300),
        ('MAX-AGE="300"', 300),
        ("s-maxage=300", None),
        ("max-age=0", None),
        ("max-age=99999999999", 86_400),
        ("max-age=-1", None),
        ("no-cache, max-age=300", None),
        ("no-store", None),
        ("max-age=many", None),
        ("", None),
    ],
)
def test_cache_control_says_how_long_not_to_ask(control: str, seconds: int | None) -> None:
    assert headers.fresh_for_s(fields(Cache_Control=control), NOW) == seconds


def test_what_was_spent_in_a_cache_counts() -> None:
    assert headers.fresh_for_s(fields(Cache_Control="max-age=300", Age="100"), NOW) == 200
    assert headers.fresh_for_s(fields(Cache_Control="max-age=300", Age="900"), NOW) is None


def test_expires_is_the_older_way() -> None:
    at = "Sun, 22 Nov 2026 12:30:00 GMT"
    assert headers.fresh_for_s(fields(Expires=at), NOW) == 1_800
    assert headers.fresh_for_s(fields(Expires=at, Date="Sun, 22 Nov 2026 12:20:00 GMT"), NOW) == 600
    assert headers.fresh_for_s(fields(Expires=at, Cache_Control="max-age=60"), NOW) == 60
    assert headers.fresh_for_s(fields(Expires="0"), NOW) is None
    assert headers.fresh_for_s(fields(Expires="Sun, 22 Nov 1926 12:30:00 GMT"), NOW) is None


@pytest.mark.parametrize("said", ["", "x" * 200, "Mon, 32 Foo 2021 99:99:99 +9999", "0000-00-00", "\x00", "Mon, 06"])
def test_what_is_no_date_is_none(said: str) -> None:
    assert headers.http_date(said) is None


# Content-Type


@pytest.mark.parametrize(
    ("said", "kind", "charset"),
    [
        ("text/html", "text/html", ""),
        ("Text/HTML; Charset=UTF-8", "text/html", "utf-8"),
        ('application/rss+xml;charset="iso-8859-1"', "application/rss+xml", "iso-8859-1"),
        ("text/xml; foo=bar; charset=utf-8", "text/xml", "utf-8"),
        ("application/feed+json", "application/feed+json", ""),
        ("rubbish", "", ""),
        ("text/html; charset=\x1b]0;x", "text/html", ""),
        ("", "", ""),
    ],
)
def test_media_type_and_charset(said: str, kind: str, charset: str) -> None:
    assert headers.media_type(fields(Content_Type=said)) == (kind, charset)


# Validators


def test_validators_are_kept_byte_for_byte() -> None:
    given = [(b"ETag", b'W/"caf\xe9 \x80"'), (b"Last-Modified", b"yesterday, roughly")]
    kept = headers.validators(given)
    sent = headers.conditions(kept)
    assert sent == [(b"If-None-Match", b'W/"caf\xe9 \x80"'), (b"If-Modified-Since", b"yesterday, roughly")]


@pytest.mark.parametrize("etag", [b"x" * 4_001, b'"a\x1bb"', b"a\x00b", b""])
def test_what_cannot_be_sent_back_is_no_validator(etag: bytes) -> None:
    assert headers.validators([(b"ETag", etag)]).etag == ""


def test_two_different_validators_are_none() -> None:
    assert headers.validators([(b"ETag", b'"a"'), (b"etag", b'"b"')]).etag == ""
    assert headers.validators([(b"ETag", b'"a"'), (b"etag", b'"a"')]).etag == '"a"'


def test_an_unchanged_answer_renews_what_it_says_and_keeps_the_rest() -> None:
    known = Validators('"1"', "Mon", "hash")
    assert headers.validators([(b"ETag", b'"2"')], known) == Validators('"2"', "Mon", "hash")
    assert headers.validators([], known) == known


def test_a_stored_validator_that_cannot_be_sent_is_left_out() -> None:
    assert headers.conditions(Validators(etag="a\r\nHost: b", last_modified="Mon")) == [(b"If-Modified-Since", b"Mon")]
    assert headers.conditions(None) == []


# Link (RFC 8288)


def test_links_by_their_relation() -> None:
    given = fields(
        Link='<feed.xml>; rel="alternate"; type="application/rss+xml", </next?a=1,2>; rel=next, '
        '<https://hub.test/>; rel="hub Self"'
    )
    assert headers.links(given, BASE) == {
        "alternate": "https://gazette.test/news/feed.xml",
        "next": "https://gazette.test/next?a=1,2",
        "hub": "https://hub.test/",
        "self": "https://hub.test/",
    }


def test_the_first_link_of_a_relation_counts_and_only_the_web_does() -> None:
    given = fields(Link="<javascript:alert(1)>; rel=next, <a>; rel=next, <b>; rel=next, <c>, d; rel=prev, <e")
    assert headers.links(given, BASE) == {"next": "https://gazette.test/news/a"}


def test_an_absurd_link_header_ends() -> None:
    assert headers.links(fields(Link="<" * 50_000), BASE) == {}
    assert headers.links(fields(Link="<a>" + "; x" * 25_000), BASE) == {}
    assert headers.links(fields(Link="<a>; rel=" + " " * 90_000), BASE) == {}
