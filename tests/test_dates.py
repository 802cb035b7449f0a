"""Dates: whatever publishers write, one instant in UTC; and nothing where they wrote none."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.dates import MAX_LENGTH, parse_date

DAY = "2024-09-20T00:00:00"
NOON = "2024-09-20T12:00:00"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        # RFC 822, RFC 2822, RFC 1123 and their neighbours
        ("Fri, 20 Sep 2024 12:00:00 GMT", NOON),
        ("Fri, 20 Sep 2024 12:00:00 +0000", NOON),
        ("Fri, 20 Sep 2024 12:00:00 -0000", NOON),
        ("Fri, 20 Sep 2024 14:00:00 +02:00", NOON),
        ("20 Sep 2024 17:45 +0545", NOON),
        ("Fri,20 Sep 2024 12:00:00 Z", NOON),
        ("Fri, 20 Sep 24 12:00:00 UT", NOON),
        ("Fri, 20 Sep 2024 08:00:00 EDT", NOON),
        ("Fri, 20 Sep 2024 04:00 PST", NOON),
        ("Fri, 20 Sep 2024 14:00:00 CEST", NOON),
        ("Fri, 20 Sep 2024 17:30:00 IST", NOON),
        ("Fri, 20 Sep 2024 21:00:00 JST", NOON),
        ("Fri, 20 Sep 2024 14:00:00 GMT+2", NOON),
        ("Fri, 20 Sep 2024 12:00:00 XYZ", NOON),
        ("Friday, 20-Sep-24 12:00:00 GMT", NOON),
        ("Fri, 20 September 2024 12:00:00 GMT", NOON),
        ("Fri, 20 Sep 2024", DAY),
        ("Thu, 19 Sep 2024 24:00:00 GMT", DAY),
        ("Fri, 20 Sep 2024 11:59:60 GMT", NOON),
        ("Sun, 06 Nov 94 08:49:37 GMT", "1994-11-06T08:49:37"),
        # ISO 8601, RFC 3339, W3CDTF
        ("2024-09-20T12:00:00Z", NOON),
        ("2024-09-20t12:00:00z", NOON),
        ("2024-09-20T12:00:00.123456789Z", NOON),
        ("2024-09-20T17:45:00,5+05:45", NOON),
        ("2024-09-20T08:00:00-0400", NOON),
        ("2024-09-20T14:00:00+02", NOON),
        ("2024-09-20T12:00Z", NOON),
        ("2024-09-20 12:00:00 UTC", NOON),
        ("2024-09-20T12:00:00", NOON),
        ("2024-09-19T24:00:00Z", DAY),
        ("2024-09-20", DAY),
        ("2024-9-20", DAY),
        ("20240920", DAY),
        ("20240920T120000Z", NOON),
        ("20240920120000", NOON),
        ("2024-W38-5", DAY),
        ("2024-264", DAY),
        ("2024-09", "2024-09-01T00:00:00"),
        ("2024", "2024-01-01T00:00:00"),
        # Unix time, asctime, JavaScript
        ("1726833600", NOON),
        ("1726833600123", NOON),
        ("1726833600.25", NOON),
        ("Fri Sep 20 12:00:00 2024", NOON),
        ("Fri Sep 20 08:00:00 EDT 2024", NOON),
        ("Fri Sep 20 2024 14:00:00 GMT+0200 (Central European Summer Time)", NOON),
        # As people write
        ("20 September 2024", DAY),
        ("Sep 20, 2024", DAY),
        ("Sept. 20th, 2024", DAY),
        ("Today : Sep 20, 2024", DAY),
        ("Published Friday 20 September 2024 at 12.00", NOON),
        ("September 20, 2024 at 3:14 pm ET", "2024-09-20T19:14:00"),
        ("January 20, 2024 at 3:14 p.m. ET", "2024-01-20T20:14:00"),
        ("12:00 PM, 20 Sep 2024", NOON),
        ("12 am, 20 Sep 2024", DAY),
        ("20/09/2024", DAY),
        ("09/20/2024 12 PM", NOON),
        ("09/10/2024", "2024-09-10T00:00:00"),
        ("20-09-2024", DAY),
        ("20.09.2024", DAY),
        ("20.9.24, 12:00 Uhr", NOON),
        ("2024/09/20 12:00", NOON),
        ("September 2024", "2024-09-01T00:00:00"),
        # In other languages
        ("20. September 2024, 12:00 Uhr", NOON),
        ("Fr, 20 Dez 2024 13:00:00 +0100", "2024-12-20T12:00:00"),
        ("ven., 20 déc. 2024 13:00:00 +0100", "2024-12-20T12:00:00"),
        ("1er août 2024 à 14h05", "2024-08-01T14:05:00"),
        ("20 de septiembre de 2024", DAY),
        ("20 de setembro de 2024 12h00", NOON),
        ("venerdì 20 settembre 2024", DAY),
        ("20 sep. 2024", DAY),
        ("vrijdag 1 maart 2024", "2024-03-01T00:00:00"),
        ("20 września 2024", DAY),
        ("пятница, 20 сентября 2024 г., 12:00", NOON),
        ("20 вересня 2024", DAY),
        ("20 Eylül 2024 Cuma", DAY),
        ("2024. szeptember 20.", DAY),
        ("20. září 2024", DAY),
        ("20 syyskuuta 2024", DAY),
        ("20 Σεπτεμβρίου 2024", DAY),
        ("20 tháng 9 năm 2024", DAY),
        ("20 سبتمبر 2024", DAY),
        ("20 בספטמבר 2024", DAY),
        ("2024年9月20日", DAY),
        ("2024年09月20日(金) 12時00分", NOON),
        ("2024年9月20日 12:00", NOON),
        ("2024년 9월 20일 12:00", NOON),
        ("2024년 09월 20일 오후 01:31:15", "2024-09-20T13:31:15"),
        ("2024年9月20日 上午12:05", "2024-09-20T00:05:00"),
        ("2024-július-13T9:15-05:00", "2024-07-13T14:15:00"),
        ("Κυρ, 14 Ιούλ 2024 12:00:00 EST", "2024-07-14T17:00:00"),
        ("２０２４年９月２０日", DAY),
        ("٢٠٢٤-٠٩-٢٠", DAY),
    ],
)
def test_dates_of_the_world(text: str, instant: str) -> None:
    assert parse_date(text) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2 hours ago",
        "Monday",
        "12:30",
        "20 September",
        "Sep 20",
        "May be",
        "version 1.2.3",
        "127.0.0.1",
        "0000-00-00",
        "0000-00-00T00:00:00Z",
        "2021-02-31",
        "Thu, 31 Feb 2021 12:00:00 GMT",
        "Mon, 32 Foo 2021 99:99:99 +9999",
        "9999-12-31T23:59:59-23:59",
        "10000-01-01T00:00:00Z",
        "00/00/0000",
        "2024-13-01",
        "2024-W99",
        "2024-999",
        "1e20",
        "-1",
        "12345",
        "9" * 5_000,
        "20 September 2024" + " " * MAX_LENGTH + "x",
    ],
)
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_an_impossible_clock_or_zone_leaves_the_day() -> None:
    assert parse_date("2024-09-20T99:99:99Z") == datetime(2024, 9, 20, tzinfo=UTC)
    assert parse_date("2024-09-20T12:00:00+99:99") == datetime(2024, 9, 20, 12, tzinfo=UTC)


instants = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31), timezones=st.timezones())  # noqa: DTZ001


@given(instants)
def test_every_instant_survives_each_standard_form(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    expected = whole.astimezone(UTC)
    if whole.utcoffset().total_seconds() % 60 == 0:  # a second's fraction of an offset has no form in RFC 822
        assert parse_date(format_datetime(whole)) == expected
        assert parse_date(whole.isoformat()) == expected
    assert parse_date(expected.strftime("%Y-%m-%dT%H:%M:%SZ")) == expected
    assert parse_date(expected.strftime("%a %b %d %H:%M:%S %Y")) == expected


@given(
    st.text(max_size=80)
    | st.text("0123456789-/.:T+Z ,年月日", max_size=40)
    | st.from_regex(r"\A\w{3}, \d{1,2} \w{3,9} \d{2,4} \d\d:\d\d(:\d\d)? [\w+-]{1,6}\Z")
)
def test_never_an_exception_and_always_utc(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.utcoffset().total_seconds() == 0
