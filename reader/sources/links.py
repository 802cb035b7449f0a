"""What an address alone says: whether it can be a story's, and which section it stands under. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from reader.text import EMPTY, SafeText, SafeUrl, count_words, safe_text


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


_LISTS = words(
    "tag tags topic topics subject subjects author authors autor autoren autores auteur auteurs autore byline profile"
    " profiles category categories kategorie kategorien categoria categorias etiqueta etiquetas schlagwort tema temas"
    " thema themen sujet sujets search suche buscar recherche cerca zoeken"
)
"""A path with one of these lists stories of one person or matter."""
_SERVICES = words(
    "about about-us ueber-uns uber-uns quienes-somos qui-sommes-nous chi-siamo over-ons contact contact-us contacts"
    " kontakt contacto contatti login log-in logout signin sign-in signup sign-up register registration anmelden"
    " anmeldung account konto my-account profile subscribe subscription subscriptions abo abonnement abonnieren"
    " suscripcion newsletter newsletters privacy privacy-policy datenschutz privacidad confidentialite terms"
    " terms-of-use terms-of-service terms-and-conditions conditions agb cookie cookies cookie-policy imprint impressum"
    " mentions-legales aviso-legal legal copyright accessibility barrierefreiheit feed feeds rss atom wp-login wp-admin"
    " cart basket checkout warenkorb shop store faq help hilfe ayuda aide jobs careers karriere advertise advertising"
    " mediadaten sitemap archive archives archiv archivo apps app donate support widgets preferences settings password"
    " epaper e-paper print share comments contribute corrections masthead staff press-office media-kit"
)
_ARCHIVES = words("archive archives archiv archivo")
"""Services by themselves; some sites keep their stories under them."""
_SHOWS = words(
    "home start startseite index video videos live livestream tv radio podcast podcasts audio gallery galleries photos"
    " pictures fotos games game puzzles crossword crosswords quiz quizzes sudoku weather wetter horoscope horoscopes"
    " obituaries classifieds events calendar lottery tv-guide programm latest all-news"
)
"""Parts of a news site that are no section with stories to read."""
_POLICY = re.compile(
    r"(?:privacy|terms|cookies?|about|contact|login|subscri\w+|newsletters?|advertis\w+|accessibility|imprint|copyright|"
    r"careers|how-to)-(?:us|policy|policies|and|of|the|our|with|settings|notice|statement|cent(?:er|re)|information|"
    r"conditions|use|page|form|preferences|contact|reach|subscribe|advertise)(?:-[a-z]+){0,3}"
)
_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|pdf|docx?|xlsx?|pptx?|epub|zip|gz|mp3|m4a|ogg|mp4|webm|m3u8|xml|rss|atom|json"
    r"|css|js|txt|ics|apk)$",
    re.I,
)
_PAGE_NAMES = re.compile(r"\.(?:html?|shtml|xhtml|php\d?|aspx?|jsp|cms|ece|story)$", re.I)
_STORY_WORDS = words(
    "story stories article articles artikel articulo articulos noticia noticias notizia notizie news nachrichten post"
    " posts item s a p nota actualite actualites blog entry read"
)
_STORY_IDS = words("id p article articleid article_id story storyid story_id nid newsid news_id artid aid idxno sid")
_PAGERS = words("page paged pg offset start seite pagina paged_at")
_DAY = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2]|[a-z]{3})[/-]?(?:0?[1-9]|[12]\d|3[01])(?=[/_-]|$)", re.I)
_MONTH = re.compile(r"/(?:19|20)\d\d[/-](?:0?[1-9]|1[0-2])(?=/)")
_TOKENS = re.compile(r"[-_+.,~\s]+")
_ID = re.compile(r"\d{4,}|(?=\w*\d)(?=\w*[a-z])\w{6,}|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*", re.I)
_STORY_SHAPED = 3


def site_of(url: str) -> str:
    """Host and port without the prefixes under which one site answers alike."""
    return re.sub(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)", "", urlsplit(url).netloc)


def is_related(url: str, other: str) -> bool:
    """Whether two addresses are of hosts under one name, as `sport.gazette.example` and `www.gazette.example`."""
    return site_of(url).rsplit(".", 2)[-2:] == site_of(other).rsplit(".", 2)[-2:]


def path_of(url: str) -> str:
    """The path as folders: begins and ends with a slash."""
    return re.sub(r"(?:index|default)\.\w+$", "", urlsplit(url).path).rstrip("/") + "/"


def is_list(url: SafeUrl) -> bool:
    """Whether the address is that of a tag, an author, a category or a search."""
    return not _LISTS.isdisjoint(_segments(url))


def is_service(url: SafeUrl) -> bool:
    """Whether the address is that of a page about the site, an account or a shop."""
    segments = _segments(url)
    if not segments:
        return False
    return (
        segments[-1] in _SERVICES
        or (len(segments) == 2 and segments[0] in _SERVICES - _ARCHIVES and _slug_words(segments[-1]) < 3)
        or (len(segments) == 1 and _POLICY.fullmatch(segments[0]) is not None)
    )


@lru_cache(maxsize=8_192)
def story_shape(url: SafeUrl) -> int:
    """How much the address looks like a story's: -1 when it cannot be one, 3 and more when it hardly is anything else.

    A date in the path, a slug of several words, an id and a page's ending count.
    """
    parts = urlsplit(url)
    segments = _segments(url)
    query = parse_qsl(parts.query)
    ids = [value for name, value in query if name.lower() in _STORY_IDS and re.fullmatch(r"[\w-]*\d[\w-]*", value)]
    if _MEDIA.search(parts.path) or is_list(url) or is_service(url) or (not segments and not ids):
        return -1
    slug_words = max((_slug_words(segment) for segment in segments[-2:]), default=0)
    if slug_words < 3 and any(name.lower() in _PAGERS and value.isdigit() for name, value in query if value not in ids):
        return -1
    if len(segments) > 1 and segments[-2] in _PAGERS and segments[-1].isdigit():
        return -1
    score = min(slug_words - 1, 3) if slug_words else 0
    score += 3 if _DAY.search(parts.path) else 2 if _MONTH.search(parts.path) else 0
    last = segments[-1] if segments else ""
    numbers = [token for token in (*_TOKENS.split(last), *ids) if _ID.fullmatch(token)]
    score += 2 if numbers or _ID.fullmatch(last) else 1 if last.isdigit() or ids else 0
    score += bool(_PAGE_NAMES.search(parts.path)) + any(segment in _STORY_WORDS for segment in segments[:-1])
    return score


def is_story_shaped(url: SafeUrl) -> bool:
    """Whether the address alone is reason enough to take the page for a story."""
    return story_shape(url) >= _STORY_SHAPED


def can_be_section(url: SafeUrl) -> bool:
    """Whether the address may be that of a section: a short path of plain words."""
    segments = _segments(url)
    query = parse_qsl(urlsplit(url).query)
    if any(name.lower() in _PAGERS for name, _ in query) or len(query) > 1 or len(segments) > 4:
        return False
    if not segments and not query:
        return False
    return (
        not _MEDIA.search(urlsplit(url).path)
        and not is_list(url)
        and not is_service(url)
        and not (segments and segments[-1] in _SHOWS)
        and story_shape(url) < _STORY_SHAPED
    )


def sections_by_path(urls: Iterable[SafeUrl]) -> dict[str, SafeText]:
    """First folder -> section name, for folders of a plain word that at least two stories share."""
    folders = Counter(folder for url in urls if (folder := first_folder(url)))
    return {folder: _as_name(folder) for folder, count in folders.items() if count > 1}


def first_folder(url: SafeUrl) -> str:
    """The first folder in a story's path that is a word and might name a section; "" when there is none."""
    for segment in _segments(url)[:-1]:
        if segment in _STORY_WORDS or segment in _LISTS or re.fullmatch(r"[a-z]{2}(?:-[a-z]{2})?", segment):
            continue
        return segment if re.fullmatch(r"[^\W\d_]{3,24}(?:-[^\W\d_]{2,20}){0,2}", segment) else ""
    return ""


def _as_name(folder: str) -> SafeText:
    words = folder.split("-")
    return safe_text(" ".join(word.capitalize() for word in words), 60) if words else EMPTY


def _segments(url: SafeUrl) -> list[str]:
    """The folders and the page's name without its ending, unquoted and in lower case."""
    path = _PAGE_NAMES.sub("", urlsplit(url).path.rstrip("/"))
    return [unquote(segment).lower() for segment in path.split("/") if segment]


def _slug_words(segment: str) -> int:
    """Words in a slug, not counting ids."""
    return sum(
        count_words(token)
        for token in _TOKENS.split(segment)
        if token and not re.search(r"\d{3,}|^[0-9a-f]{8,}$", token)
    )
