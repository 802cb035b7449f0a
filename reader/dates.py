"""Any date that a publisher writes, as an aware datetime in UTC; pure, without a clock.

Exact patterns for what nearly every feed sends come first (RFC 822 as RSS 2.0 `<pubDate>` asks, RFC 3339 as RFC 4287
section 3.3 asks, W3CDTF and its shortened forms), then a search for a year, a month and a day in whatever order and
language, then dateutil. A string without a year and a month is no date: nothing is filled in from today.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache

_Day = tuple[int, int, int]
"""Year, month, day."""

MAX_LENGTH = 200
"""Characters; a longer text is no date."""

_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?"
    r"\s*(?:([+-])(\d\d):?(\d\d)|GMT|UTC?|Z)",
    re.ASCII,
)
_ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s?(?:([+-])(\d\d):?(\d\d)|[Zz])?)?", re.ASCII
)
_MONTH_ONLY = re.compile(r"(\d{4})(?:[-/](\d\d))?", re.ASCII)
_WEEK = re.compile(r"(\d{4})-?W(\d\d)(?:-?([1-7]))?", re.ASCII)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})", re.ASCII)
_TIMESTAMP = re.compile(r"@?(\d{9,10}|\d{13}|\d{16})(?:\.\d{0,9})?", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[Tt ]?(\d\d):?(\d\d):?(\d\d)?)?(?!\d)", re.ASCII)

_CLOCK = re.compile(
    r"(?<![\d:.])(?P<h>\d{1,2})\s?[:h]\s?(?P<m>\d{2})(?:\s?[:m]\s?(?P<s>\d{2})(?:[.,:]\d+)?)?(?!\d)"
    r"|(?<![\d:.])(?P<h12>\d{1,2})(?:\.(?P<m12>\d{2}))?(?=\s?[ap]\.?\s?m\b)"
    r"|(?<=[\sT])(?P<hd>\d{2})\.(?P<md>\d{2})(?:\.(?P<sd>\d{2}))?(?![\d.])"
    r"|(?P<hc>\d{1,2})\s?[時时点시]\s?(?:(?P<mc>\d{1,2})\s?[分분])?(?:\s?(?P<sc>\d{1,2})\s?[秒초])?",
    re.I,
)
_AM_PM = re.compile(r"\s?([ap])\.?\s?m\b\.?", re.I)
_AM_PM_BEFORE = re.compile(r"(?:(오전|上午|午前)|(?:오후|下午|午後))\s?$")
_OFFSET = re.compile(r"\s*\(?(?:GMT|UTC?|Z)?\s*([+\-\u2212])(\d{1,2})(?::?(\d\d))?(?!\d)", re.I)
_ZONE = re.compile(r"\s*[(,]?\s*([A-Za-z]{1,5})\b")

_YEAR_FIRST = re.compile(r"(?<![\d-])(\d{4})\s?([-/.年년])\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d|:)")
_WORD = re.compile(r"[^\W\d_]+")
_DAY_BEFORE = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|re|[ºª°])?[\s.,-]*(?:(?:de|of|del|di|da|ng)\s+)?$", re.I)
_DAY_AFTER = re.compile(r"\.?[\s-]*(\d{1,2})(?:st|nd|rd|th|[ºª°])?(?!\d|:)", re.I)
_YEAR_AFTER = re.compile(r"\.?,?\s*(?:(?:de|del|of)\s+)?[\s.,/'’-]*(\d{4}|\d{2})(?!\d|:)", re.I)
_YEAR_BEFORE = re.compile(r"(?<!\d)(\d{4})\.?[\s,.-]*$")
_YEAR_SOMEWHERE = re.compile(r"(?<![\d+:-])((?:19|20)\d\d)(?![\d:])")
_VIETNAMESE_MONTH = re.compile(r"\btháng\s+(\d{1,2})\b,?\s*(?:năm\b)?")

_MONTH_NAMES = (
    "january jan januar jänner jän janvier janv enero ene janeiro gennaio gen januari stycznia styczeń sty января"
    " январь янв січня січень tammikuuta ledna leden január ianuarie ocak oca ιανουαρίου ιαν يناير ינואר בינואר जनवरी",
    "february feb februar février févr fév febrero fevereiro fev febbraio februari lutego luty lut февраля февраль фев"
    " февр лютого лютий helmikuuta února únor február februarie şubat şub φεβρουαρίου φεβ فبراير פברואר בפברואר फ़रवरी",
    "march mar märz mär mrz mars marzo março maart mrt marca marzec марта март мар березня березень marts maaliskuuta"
    " března březen március martie mart maret μαρτίου μαρ مارس מרץ במרץ मार्च",
    "april apr avril avr abril abr aprile kwietnia kwiecień kwi апреля апрель апр квітня квітень huhtikuuta dubna duben"
    " április aprilie nisan nis απριλίου απρ أبريل إبريل אפריל באפריל अप्रैल",
    "may mai mayo maio maggio mag mei maja maj мая май травня травень toukokuuta května květen május mayıs μαΐου μαΐ"
    " μάι μαϊ مايو מאי במאי मई",
    "june jun juni juin junio junho giugno giu czerwca czerwiec cze июня июнь июн червня червень kesäkuuta června"
    " červen június iunie haziran haz ιουνίου ιουν ιούν يونيو יוני ביוני जून",
    "july jul juli juillet juil julio julho luglio lug lipca lipiec lip июля июль июл липня липень heinäkuuta července"
    " červenec július iulie temmuz tem ιουλίου ιουλ ιούλ يوليو יולי ביולי जुलाई",
    "august aug août aou aout agosto ago augustus sierpnia sierpień sie августа август авг серпня серпень augusti"
    " elokuuta srpna srpen augusztus ağustos ağu agustus agt αυγούστου αυγ أغسطس אוגוסט באוגוסט अगस्त",
    "september sept sep septembre septiembre setiembre setembro settembre set września wrzesień wrz сентября сентябрь"
    " сент сен вересня вересень syyskuuta září szeptember septembrie eylül eyl σεπτεμβρίου σεπ سبتمبر ספטמבר בספטמבר"
    " सितंबर",
    "october oct oktober okt octobre octubre outubro out ottobre ott października październik paź октября октябрь окт"
    " жовтня жовтень lokakuuta října říjen október octombrie ekim eki οκτωβρίου οκτ أكتوبر אוקטובר באוקטובר अक्टूबर",
    "november nov novembre noviembre novembro listopada listopad lis ноября ноябрь нояб ноя marraskuuta listopadu"
    " noiembrie kasım kas νοεμβρίου νοε نوفمبر נובמבר בנובמבר नवंबर",
    "december dec dezember dez décembre déc diciembre dic dezembro dicembre grudnia grudzień gru декабря декабрь дек"
    " грудня грудень joulukuuta prosince prosinec decembrie aralık ara desember des δεκεμβρίου δεκ ديسمبر דצמבר בדצמבר"
    " दिसंबर",
)
_ENGLISH = {name.split()[0][:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}

_ZONES = {
    name: hours
    for hours, names in (
        (-10.0, "hst"),
        (-9.0, "akst"),
        (-8.0, "pst akdt"),
        (-7.0, "mst pdt"),
        (-6.0, "cst mdt"),
        (-5.0, "est cdt pet"),
        (-4.0, "ast edt clt"),
        (-3.5, "nst"),
        (-3.0, "adt brt art"),
        (-2.5, "ndt"),
        (0.0, "z ut utc gmt wet"),
        (1.0, "bst west cet met mez wat"),
        (2.0, "cest mest mesz eet cat sast"),
        (3.0, "eest msk eat trt idt"),
        (3.5, "irst"),
        (4.0, "msd gst"),
        (5.0, "pkt"),
        (5.5, "ist"),
        (5.75, "npt"),
        (7.0, "ict wib"),
        (8.0, "hkt sgt pht myt awst wita"),
        (9.0, "jst kst wit"),
        (9.5, "acst"),
        (10.0, "aest"),
        (10.5, "acdt"),
        (11.0, "aedt"),
        (12.0, "nzst"),
        (13.0, "nzdt"),
    )
    for name in names.split()
}
"""Hours east of Greenwich: RFC 822 section 5.1 and what feeds use; CST and IST mean the more frequent of their two."""
_AMERICAN = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
"""Zones named without saying whether it is summer."""


@lru_cache(maxsize=512)
def parse_date(text: str) -> datetime | None:
    """The instant that a publisher means, in UTC, or None when the text names no day of a year.

    A missing time is midnight, a missing zone UTC; `2024` and `2024-09` are their first day (W3CDTF). Never raises.
    Whether the date is plausible (1970 to tomorrow) is for the caller, who has a clock.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    try:
        return _exact(text) or _searched(text) or _by_dateutil(text)
    except (ValueError, OverflowError):
        return None


def _exact(text: str) -> datetime | None:
    """The few forms that are whole strings. Raises ValueError when the form is clear and the date does not exist."""
    if match := _RFC_822.fullmatch(text):
        day, name, year, hour, minute, second, sign, hours, minutes = match.groups()
        if month := _ENGLISH.get(name.lower()):
            return _instant((int(year), month, int(day)), (hour, minute, second), _offset(sign, hours, minutes))
    if match := _ISO_8601.fullmatch(text):
        year, month_, day, hour, minute, second, sign, hours, minutes = match.groups()
        return _instant((int(year), int(month_), int(day)), (hour, minute, second), _offset(sign, hours, minutes))
    if match := _TIMESTAMP.fullmatch(text):
        return datetime.fromtimestamp(int(match[1][:10]), UTC)
    if match := _MONTH_ONLY.fullmatch(text):
        return datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC) if 1900 <= int(match[1]) <= 2100 else None
    if match := _WEEK.fullmatch(text):
        return _midnight(date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1)))
    if match := _ORDINAL.fullmatch(text):
        return _midnight(datetime.strptime(match[0], "%Y-%j").date())  # noqa: DTZ007 - a date, not an instant
    return None


def _searched(text: str) -> datetime | None:
    """A year, a month and a day wherever they stand, with the first clock time and the zone after it."""
    text = unicodedata.normalize("NFKC", text)
    found = _compact(text) or _calendar_day(text)
    if found is None:
        return None
    day, rest = found
    clock = _CLOCK.search(rest)
    if clock is None:
        return _instant(day)
    hour, minute, second = (next((clock[n] for n in names if clock[n]), "0") for names in _CLOCK_GROUPS)
    after = rest[clock.end() :]
    if half := _AM_PM.match(after):
        hour, after = str(int(hour) % 12 + (12 if half[1] in "pP" else 0)), after[half.end() :]
    elif half := _AM_PM_BEFORE.search(rest[: clock.start()]):
        hour = str(int(hour) % 12 + (0 if half[1] else 12))
    return _instant(day, (hour, minute, second), _zone(after, month=day[1]))


_CLOCK_GROUPS = (("h", "h12", "hd", "hc"), ("m", "m12", "md", "mc"), ("s", "sd", "sc"))


def _compact(text: str) -> tuple[_Day, str] | None:
    """20240920, 20240920T151413Z: ISO 8601 basic format."""
    if not (match := _COMPACT.match(text)):
        return None
    year, month, day, hour, minute, second = match.groups()
    clock = f"{hour}:{minute}:{second or '00'}" if hour else ""
    return (int(year), int(month), int(day)), clock + text[match.end() :]


def _calendar_day(text: str) -> tuple[_Day, str] | None:
    """Year, month and day, and the text without them."""
    if match := _YEAR_FIRST.search(text):
        return (int(match[1]), int(match[3]), int(match[4])), text[: match.start()] + " " + text[match.end() :]
    if match := _DAY_FIRST.search(text):
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        # Only the slash is used by Americans, who put the month first; no month is greater than twelve.
        month_first = (match[2] == "/" and first <= 12) or second > 12
        month, day = (first, second) if month_first else (second, first)
        return (year, month, day), text[: match.start()] + " " + text[match.end() :]
    lowered = _VIETNAMESE_MONTH.sub(lambda m: f" {_english(int(m[1]))} ", text.lower())
    for word in _WORD.finditer(lowered):
        if (month_ := _months().get(word[0])) and (found := _around(lowered, word.start(), word.end())):
            year, day, rest = found
            return (year, month_, day), rest
    return None


def _around(text: str, start: int, end: int) -> tuple[int, int, str] | None:
    """Year and day about the month's name at text[start:end], and the text without the three."""
    before, after = text[:start], text[end:]
    if day := _DAY_BEFORE.search(before):
        if year := _YEAR_AFTER.match(after):
            return _year(year[1]), int(day[1]), before[: day.start()] + " " + after[year.end() :]
        before, number = before[: day.start()], day[1]
    elif day := _DAY_AFTER.match(after):
        after, number = after[day.end() :], day[1]
        if year := _YEAR_AFTER.match(after):
            return _year(year[1]), int(number), before + " " + after[year.end() :]
    elif year := re.match(r"\.?,?\s*(\d{4})(?!\d)", after):
        return int(year[1]), 1, before + after[year.end() :]  # “September 2024”
    else:
        return None
    if year := _YEAR_BEFORE.search(before) or _YEAR_SOMEWHERE.search(after):  # 2024 Sep 20; Mon Sep 20 15:14:00 2024
        return int(year[1]), int(number), f"{before} {after}".replace(year[1], " ", 1)
    return None


def _instant(day: _Day, clock: tuple[str | None, ...] = (), zone: tzinfo = UTC) -> datetime:
    """In UTC; 24:00 is the next midnight and a leap second the next minute (ISO 8601, RFC 3339 section 5.7)."""
    moment = datetime(*day, tzinfo=zone)
    hours, minutes, seconds = (int(part or 0) for part in clock) if clock else (0, 0, 0)
    if hours <= 24 and minutes <= 60 and seconds <= 61:  # else the day is known all the same
        moment += timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return moment if zone is UTC else moment.astimezone(UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _year(digits: str) -> int:
    """RFC 2822 section 4.3, with the pivot that POSIX uses: 69 to 99 are of the last century."""
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= 69 else 2000)


def _english(month: int) -> str:
    return _MONTH_NAMES[month - 1].split()[0] if 1 <= month <= 12 else ""


@cache
def _months() -> dict[str, int]:
    names = {name: number for number, line in enumerate(_MONTH_NAMES, 1) for name in line.split()}
    return {unicodedata.normalize("NFKC", name): number for name, number in names.items()}


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> tzinfo:
    if not sign or not hours:
        return UTC
    delta = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if not delta or delta >= timedelta(hours=24):  # +99:99 is no offset
        return UTC
    return timezone(delta if sign == "+" else -delta)


def _zone(text: str, month: int) -> tzinfo:
    """The zone that a text begins with: an offset, or a name; UTC when there is none that we know."""
    if match := _OFFSET.match(text):
        digits, minutes = match[2], match[3]
        return _offset("+" if match[1] == "+" else "-", digits, minutes)
    if not (match := _ZONE.match(text)):
        return UTC
    name = match[1].lower()
    if name in _AMERICAN:
        return _american(name, month)
    return timezone(timedelta(hours=_ZONES[name])) if _ZONES.get(name) else UTC


def _american(name: str, month: int) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(_AMERICAN[name])
    except ZoneInfoNotFoundError:  # a system without tz database: by the rule in force since 2007, to the month
        summer = 3 < month < 11
        return timezone(timedelta(hours=_ZONES[f"{name[0]}{'d' if summer else 's'}t"]))


def _by_dateutil(text: str) -> datetime | None:
    """What dateutil makes of it, if that is the same from two different days: else it filled in what was not there."""
    if not re.search(r"\d", text) or not re.search(r"\d{4}|\d\D+\d", text):
        return None
    import warnings

    from dateutil.parser import ParserError, UnknownTimezoneWarning, parse

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownTimezoneWarning)
            one, other = (parse(text, default=datetime(year, month, day)) for year, month, day in _DEFAULTS)  # noqa: DTZ001
    except (ParserError, ValueError, OverflowError, TypeError, AttributeError, IndexError, ArithmeticError):
        return None
    if one != other:
        return None
    return one.replace(tzinfo=UTC) if one.tzinfo is None else one.astimezone(UTC)


_DEFAULTS = ((2001, 2, 3), (2003, 5, 7))
