"""The border for foreign text: what passes is printable, one line, and never an address that could do harm."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.text import (
    _CLEAN_URL,
    MAX_TITLE,
    SafeText,
    _rebuilt,
    count_words,
    excerpt,
    plain_text,
    reading_minutes,
    safe_block,
    safe_text,
    safe_url,
    url_key,
    without_tracking,
)

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e007f]"
)
anything = st.text(alphabet=st.characters(), max_size=300)


@given(anything)
def test_safe_text_is_one_printable_line_and_idempotent(text: str) -> None:
    safe = safe_text(text)
    assert not FORBIDDEN.search(safe)
    assert "\n" not in safe
    assert "\t" not in safe
    assert len(safe) <= MAX_TITLE
    assert safe == safe.strip()
    assert safe_text(safe) == safe


@given(anything)
def test_safe_block_keeps_lines_and_nothing_that_a_terminal_obeys(text: str) -> None:
    safe = safe_block(text)
    assert not FORBIDDEN.search(safe)
    assert safe_block(safe) == safe


@pytest.mark.parametrize(
    ("foreign", "safe"),
    [
        ("\x1b]0;owned\x07Harbour opens", "]0;ownedHarbour opens"),
        ("\x9b31mred", "31mred"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("pay\u202elap.com", "paylap.com"),
        ("a\u200bb\ufeffc", "abc"),
        ("👩\u200d🚀 lands", "👩\u200d🚀 lands"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ud800broken", "broken"),
        ("\u0301\u0302", ""),
        ("z" + "\u0335" * 50 + "algo", "z" + "\u0335" * 4 + "algo"),
        ("z" + "\u0943" * 9, "z" + "\u0943" * 4),
        ("z" + "\u0f71\u200d" * 9, "z" + "\u0f71\u200d" * 4),
        ("🎈🎈🎈🎈🎈🎈", "🎈🎈🎈🎈🎈🎈"),
        (None, ""),
        ("  much \t blank  ", "much blank"),
    ],
)
def test_what_a_terminal_would_obey_is_gone(foreign: str | None, safe: str) -> None:
    assert safe_text(foreign) == safe


def test_a_long_line_is_cut_at_a_word_with_an_ellipsis() -> None:
    assert excerpt(SafeText("The harbour bridge reopens after nine months"), 30) == "The harbour bridge reopens…"
    assert excerpt(SafeText("short"), 30) == "short"
    assert len(excerpt(SafeText("x" * 100), 30)) == 30


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("<b>Bold</b> claim &amp; more", "Bold claim & more"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("a &#x202e; b &#27;[31m", "a b [31m"),
        ("said <a href='x'><b>the council</b></a>. It <i>may</i>, (<u>once</u>)", "said the council. It may, (once)"),
        ("One<br>two<p>three</p>", "One two three"),
        ("", ""),
    ],
)
def test_titles_and_teasers_lose_their_markup(markup: str, plain: str) -> None:
    assert plain_text(markup) == plain


@pytest.mark.parametrize(
    ("given_url", "base", "safe"),
    [
        ("HTTPS://Example.COM:443/a", "", "https://example.com/a"),
        ("http://example.com", "", "http://example.com/"),
        ("../b?x=1#f", "https://example.com/a/c", "https://example.com/b?x=1#f"),
        ("//cdn.example.com/x", "https://example.com/", "https://cdn.example.com/x"),
        ("https://user:secret@example.com/", "", "https://example.com/"),
        ("https://bücher.example/ä", "", "https://xn--bcher-kva.example/%C3%A4"),
        ("java\nscript:alert(1)", "", ""),
        ("javascript:alert(1)", "https://example.com/", ""),
        ("file:///etc/passwd", "", ""),
        ("data:text/html,x", "", ""),
        ("http://", "", ""),
        ("http://-flag.example/", "", ""),
        ("http://[::1]:80/", "", "http://[::1]/"),
        ("http://exa mple.com/", "", "http://example.com/"),
        ("https://example.com/\x1b[31m", "", "https://example.com/%5B31m"),
        ("http://example.com:99999/", "", ""),
        ("https://example.com/" + "x" * 5_000, "", ""),
    ],
)
def test_addresses(given_url: str, base: str, safe: str) -> None:
    assert safe_url(given_url, base) == safe


@given(anything)
def test_an_address_is_http_without_credentials_or_it_is_none(text: str) -> None:
    url = safe_url(text, "https://example.com/dir/page")
    assert not url or re.fullmatch(r"https?://[^\s@/?#-][^\s@/?#]*[/?#]?[!-~]*", url)
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "other",
    [
        "http://www.example.com/politics/fares/",
        "https://example.com/politics/fares?utm_source=rss&utm_medium=feed",
        "https://example.com/politics/fares#comments",
        "https://example.com/politics/fares/index.html",
        "https://m.example.com/politics/fares?fbclid=x",
    ],
)
def test_two_addresses_of_one_page_have_one_key(other: str) -> None:
    assert url_key(safe_url(other)) == url_key(safe_url("https://example.com/politics/fares"))


def test_what_tells_pages_apart_stays() -> None:
    assert url_key(safe_url("https://example.com/story?id=1")) != url_key(safe_url("https://example.com/story?id=2"))
    assert without_tracking(safe_url("https://example.com/?id=1&utm_x=2&q=a%20b")) == "https://example.com/?id=1&q=a+b"
    assert without_tracking(safe_url("https://example.com/?q=a%20b")) == "https://example.com/?q=a%20b"


@given(st.from_regex(_CLEAN_URL.pattern, fullmatch=True))
def test_the_short_way_for_clean_addresses_leads_where_the_long_one_does(url: str) -> None:
    assert safe_url(url, "https://example.com/dir/page") == _rebuilt(url, "https://example.com/dir/page")


def test_words_and_minutes() -> None:
    assert count_words("four words in here") == 4
    assert count_words("東京で新しい地下鉄") == 5
    assert reading_minutes(0) == 1
    assert reading_minutes(1_150) == 5
