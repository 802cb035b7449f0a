"""Charsets: the document's own bytes have the first word, no label runs code, and nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.charset import codec_named, declared_in_xml, decode

WORDS = "Grüße, „€“ – déjà vu"


@pytest.mark.parametrize(
    ("body", "charset", "declared", "text"),
    [
        (WORDS.encode(), "", "", WORDS),
        (WORDS.encode(), "us-ascii", "", WORDS),
        (WORDS.encode(), "iso-8859-1", "windows-1252", WORDS),
        (b"\xef\xbb\xbf" + WORDS.encode(), "koi8-r", "", WORDS),
        (b"\xef\xbb\xbf" * 2 + WORDS.encode(), "", "", WORDS),
        (WORDS.encode("utf-16"), "utf-8", "", WORDS),
        (WORDS.encode("utf-32"), "", "", WORDS),
        (WORDS.encode("cp1252"), "iso-8859-1", "", WORDS),
        (WORDS.encode("cp1252"), "", "ISO-8859-1", WORDS),
        (WORDS.encode("cp1252"), "klingon", "utf-8", WORDS),
        (WORDS.encode("cp1252"), "", "", WORDS),
        ("Мост открыт".encode("koi8-r"), "KOI8-R", "", "Мост открыт"),
        ("Мост открыт".encode("cp1251"), "", "x-cp1251", "Мост открыт"),
        ("①日本語".encode("cp932"), "shift_jis", "", "①日本語"),
        ("日本".encode("iso-2022-jp"), "", "iso-2022-jp", "日本"),
        ("汉字㐀".encode("gb18030"), "gb2312", "", "汉字㐀"),
        ("한국어".encode("euc-kr"), "euc-kr", "", "한국어"),
        ("<a>ü</a>".encode("utf-16-le"), "", "", "<a>ü</a>"),
        ("<a>ü</a>".encode("utf-16-be"), "", "", "<a>ü</a>"),
        ("ein wenig Schrift: ü ö ä ß".encode() + b"\xff!", "", "", "ein wenig Schrift: ü ö ä ß\ufffd!"),
        (b"+ADw-script+AD4-", "utf-7", "utf-7", "+ADw-script+AD4-"),
        (b"\\x1b]0;x", "unicode_escape", "", "\\x1b]0;x"),
        (b"", "", "", ""),
    ],
)
def test_what_the_bytes_say(body: bytes, charset: str, declared: str, text: str) -> None:
    assert decode(body, charset, declared) == text


def test_a_language_without_any_label_is_guessed() -> None:
    russian = "Новый мост через реку открыли в воскресенье после девяти месяцев ремонта, сообщили в мэрии города. " * 3
    assert decode(russian.encode("cp1251")) == russian


@pytest.mark.parametrize(
    "label",
    ["", "klingon", "zlib", "hex", "rot13", "idna", "punycode", "utf-7", "unicode_escape", "a\x00b", "é", "x" * 99],
)  # fmt: skip
def test_what_is_no_charset(label: str) -> None:
    assert codec_named(label) == ""


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (b'<?xml version="1.0" encoding="UTF-8"?>', "UTF-8"),
        (b"\n <?xml version='1.0' encoding = 'koi8-r' ?>", "koi8-r"),
        ('<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16-le"), "utf-16"),
        (b'<?xml version="1.0"?><a encoding="x1"/>', ""),
        (b"<a/>", ""),
    ],
)
def test_the_declaration(body: bytes, label: str) -> None:
    assert declared_in_xml(body) == label


@given(st.binary(max_size=300), st.text(max_size=12), st.sampled_from(["", "utf-8", "gb2312", "iso-2022-jp", "hz"]))
def test_never_an_exception(body: bytes, charset: str, declared: str) -> None:
    assert isinstance(decode(body, charset, declared), str)
