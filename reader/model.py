"""What the program speaks of: frozen values without I/O. Instants are aware datetimes in UTC, text is safe.

What the publisher said (Item), what the reader did (State) and what we made of a page (Article) are kept apart; a Story
contains them. The words of feeds are used here (title, summary, authors); the front ends say headline, dek and byline.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from reader.text import EMPTY, NO_URL, SafeText, SafeUrl

# What publishers say


class TextKind(StrEnum):
    """How much of a story is at hand."""

    NONE = "none"
    TEASER = "teaser"
    FULL = "full"


class Picture(Struct, frozen=True):
    """A picture that a publisher names; nothing has been fetched."""

    url: SafeUrl
    caption: SafeText = EMPTY
    alt: SafeText = EMPTY
    width: int | None = None
    """Pixels, as declared."""
    height: int | None = None


class Enclosure(Struct, frozen=True):
    """A file that comes with an entry (RSS 2.0 `<enclosure>`, Atom `rel="enclosure"`, JSON Feed, Media RSS)."""

    url: SafeUrl
    media_type: SafeText = EMPTY
    size_bytes: int | None = None


class Item(Struct, frozen=True):
    """One entry as its publisher gives it. Every field may be empty; nothing here is ours."""

    guid: SafeText = EMPTY
    """The publisher's id, unchanged but for `safe_text`."""
    url: SafeUrl = NO_URL
    """The story's page, as found."""
    title: SafeText = EMPTY
    summary: SafeText = EMPTY
    """The dek or teaser as one line of plain text, at most text.MAX_SUMMARY characters."""
    authors: SafeText = EMPTY
    """Names, separated by commas."""
    section: SafeText = EMPTY
    """The publisher's own section (Politics), where it has such a thing."""
    categories: tuple[SafeText, ...] = ()
    published_at: datetime | None = None
    """None when unreadable or missing; never the time of fetching."""
    updated_at: datetime | None = None
    language: SafeText = EMPTY
    """BCP 47, lower case: "en", "pt-br"."""
    markdown: SafeText = EMPTY
    """The body as Markdown; "" when there is none beside the summary."""
    text: TextKind = TextKind.NONE
    """What `markdown` is: the whole story, a teaser of it, or nothing."""
    picture: Picture | None = None
    """The lead picture."""
    enclosures: tuple[Enclosure, ...] = ()


class Article(Struct, frozen=True):
    """The story that a page holds, without what surrounds it."""

    url: SafeUrl = NO_URL
    """The canonical URL if the page names one, else the one it was fetched from."""
    title: SafeText = EMPTY
    summary: SafeText = EMPTY
    authors: SafeText = EMPTY
    section: SafeText = EMPTY
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: SafeText = EMPTY
    markdown: SafeText = EMPTY
    """The body without headline, dek and byline; "" when the page has no story."""
    picture: Picture | None = None
    is_story: bool = False
    """Whether the page is one story (and not a list of them, a search form, a contact page)."""


class Validators(Struct, frozen=True):
    """What to send back so that an unchanged document costs nothing (RFC 9110 section 13), exactly as received."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    """BLAKE2b of the unpacked body: for servers that know no validators."""


class Snapshot(Struct, frozen=True):
    """What a source offers at one moment."""

    title: SafeText = EMPTY
    home_url: SafeUrl = NO_URL
    language: SafeText = EMPTY
    items: tuple[Item, ...] = ()
    """In the publisher's order; a story may be listed twice."""
    validators: Validators = field(default_factory=Validators)
    fresh_for_s: int | None = None
    """How long the publisher asks not to be asked again (RSS `<ttl>`, `Cache-Control: max-age`)."""
    moved_to: SafeUrl = NO_URL
    """The new address after a permanent redirect (301, 308)."""
    warning: SafeText = EMPTY
    """A sentence about what could not be read, when the rest was kept."""


class Unchanged(Struct, frozen=True):
    """The source is as it was (HTTP 304, or the same bytes)."""

    validators: Validators = field(default_factory=Validators)
    fresh_for_s: int | None = None
    moved_to: SafeUrl = NO_URL


# What the reader follows, and does


class Health(Struct, frozen=True):
    """How a subscription's last visits went."""

    last_fetch_at: datetime | None = None
    last_ok_at: datetime | None = None
    next_due_at: datetime | None = None
    """None: at once."""
    error: SafeText = EMPTY
    """A sentence; "" when the last visit went well."""
    failures: int = 0
    """In a row."""
    gone: bool = False
    """The publisher said 410; it is not asked again until edited."""


class Subscription(Struct, frozen=True):
    """A source that the reader follows."""

    id: int
    kind: str
    """The name of the Source in `reader.sources` that visits it: feed, sitemap, site, sample."""
    url: SafeUrl
    title: SafeText
    """The reader's own name for it, else the publisher's, else the host."""
    section: SafeText = EMPTY
    """The section the reader put it in; "" leaves each story in the section its publisher names."""
    home_url: SafeUrl = NO_URL
    language: SafeText = EMPTY
    full_text: bool = False
    """Fetch the page of each new story at every refresh."""
    login: str = ""
    """`user:password` for this origin only; never shown, logged or exported."""
    typed_host: str = ""
    """The host that the reader typed, or had in a file of theirs: the only one that may be a private address. "" as
    soon as it has been reached at a public one."""
    validators: Validators = field(default_factory=Validators)
    health: Health = field(default_factory=Health)


class Position(Struct, frozen=True):
    """Where the reader is in a story: a paragraph, not a line, so that it holds at any width."""

    block: int = 0
    """Index of the block at the top of the view."""
    character: int = 0
    """Offset in that block's text of the first character in view."""


class State(Struct, frozen=True):
    """What the reader did with a story; it outlives the story."""

    read: bool = False
    starred: bool = False
    later: bool = False
    tags: tuple[SafeText, ...] = ()
    position: Position = field(default_factory=Position)
    watched: bool = False
    """The reader wants to be told when it is revised."""
    muted: bool = False
    """A rule, or the reader, took it out of all lists; `is:muted` finds it."""


class Verb(StrEnum):
    """What the reader did in one step."""

    READ = "read"
    UNREAD = "unread"
    STAR = "star"
    UNSTAR = "unstar"
    LATER = "later"
    UNLATER = "unlater"
    WATCH = "watch"
    UNWATCH = "unwatch"
    MUTE = "mute"
    UNMUTE = "unmute"
    TAG = "tag"
    UNTAG = "untag"
    RETAG = "retag"
    """Several at once: given, taken, or both."""
    REMOVE = "remove"


class Change(Struct, frozen=True):
    """A step of the reader's that was just undone, or done again."""

    verb: Verb
    """What the step had been, also where it was undone."""
    about: SafeText
    """The tag, the removed source's title, or what the step was labelled with; may be empty."""
    story_ids: tuple[int, ...]
    """Those that changed; what another program has changed since is left as it is."""
    source_id: int | None = None
    """The source that was removed."""
    told_again: tuple[int, ...] = ()
    """Other tellings of these stories, which changed with them."""


class Rule(Struct, frozen=True):
    """What is done with stories when they arrive."""

    name: SafeText
    query: str
    read: bool = False
    starred: bool = False
    later: bool = False
    muted: bool = False
    tag: SafeText = EMPTY
    notify: bool = False
    """Only tell of them: a saved search that is watched."""


# Stories


class Telling(Struct, frozen=True):
    """The same story as another source has it."""

    story_id: int
    source: SafeText


class Revision(Struct, frozen=True):
    """A story as it stood before its publisher changed it."""

    number: int
    """From 1, oldest first."""
    seen_at: datetime
    """When we first saw it so."""
    title: SafeText
    summary: SafeText
    markdown: SafeText
    read: bool = False
    """The reader had read it so."""


class Story(Struct, frozen=True):
    """One story, whole: what the publisher said, what its page says, and what the reader did with it."""

    id: int
    source_id: int
    source: SafeText
    section: SafeText
    item: Item
    article: Article | None
    """The full text from its page, once fetched; only what differs in use from `item`: text, lead picture, URL."""
    state: State
    first_seen_at: datetime
    fetched_at: datetime
    words: int
    revisions: int = 0
    """How many earlier versions are kept."""
    cluster: int | None = None
    """The smallest id of those that tell the same story, in other sources; None while it stands alone."""
    also_in: tuple[Telling, ...] = ()
    """Where else it is told, the telling that stands in the lists first."""

    @property
    def title(self) -> SafeText:
        """Never empty."""
        return self.item.title

    @property
    def markdown(self) -> SafeText:
        """The best text there is: the page's, else the feed's; "" where the summary is all."""
        return self.article.markdown if self.article and self.article.markdown else self.item.markdown

    @property
    def text(self) -> TextKind:
        """How much of the story `markdown` is."""
        return TextKind.FULL if self.article and self.article.markdown else self.item.text

    @property
    def picture(self) -> Picture | None:
        """The lead picture."""
        return (self.article and self.article.picture) or self.item.picture

    @property
    def url(self) -> SafeUrl:
        """The story's page: canonical where that is known, else as found; "" where it has none."""
        return (self.article and self.article.url) or self.item.url

    @property
    def summary(self) -> SafeText:
        """The dek, one line."""
        return self.item.summary or (self.article.summary if self.article else EMPTY)

    @property
    def authors(self) -> SafeText:
        """The byline's names, separated by commas."""
        return self.item.authors or (self.article.authors if self.article else EMPTY)

    @property
    def published_at(self) -> datetime | None:
        """As the feed says, else as the page says."""
        return self.item.published_at or (self.article.published_at if self.article else None)

    @property
    def updated_at(self) -> datetime | None:
        """The later of what feed and page say."""
        told = [at for at in (self.item.updated_at, self.article and self.article.updated_at) if at]
        return max(told, default=None)


# What lists ask for and show


class StoryFilter(Struct, frozen=True):
    """Which stories a list, a count, a search or a mark-all means; conditions are all to hold."""

    section: SafeText | None = None
    """With those that lie in it."""
    source_id: int | None = None
    unread: bool = False
    starred: bool = False
    later: bool = False
    since: datetime | None = None
    """Shown at or after."""
    query: str = ""
    """In the language of `reader.query`; "" for no search."""
    before: datetime | None = None
    """Shown earlier."""
    tag: SafeText = EMPTY
    watched: bool = False
    muted: bool = False
    """Those that rules took out of the lists; no other list has them, unless its query says `is:muted`."""
    alone: bool = False
    """Of the section, without those that lie in it."""


class Key(NamedTuple):
    """A place in a list that is newest first: pages continue after the last key seen, never at an offset."""

    shown_at: int
    """Unix seconds: publication, or first seen where that is unknown or in the future."""
    story_id: int


class Headline(Struct, frozen=True):
    """A row of a list: what can be shown without opening the story."""

    id: int
    source_id: int
    source: SafeText
    section: SafeText
    title: SafeText
    """Never empty: without a title it is the beginning of the text, or the address."""
    excerpt: SafeText
    """The beginning of the summary or text, at most 160 characters; may be empty."""
    shown_at: datetime
    read: bool = False
    starred: bool = False
    later: bool = False
    updated: bool = False
    """Changed by its publisher since the reader read it."""
    language: SafeText = EMPTY
    watched: bool = False

    @property
    def key(self) -> Key:
        """Its place in a list that is newest first."""
        return Key(int(self.shown_at.timestamp()), self.id)


class Listed(NamedTuple):
    """As much of a story as it takes to choose or count it among hundreds."""

    id: int
    source_id: int
    shown_at: datetime
    read: bool


class Snippet(Struct, frozen=True):
    """Where a search found its words in a story; ranges are of characters, each from its first to after its last."""

    title: tuple[tuple[int, int], ...]
    """Ranges of the headline."""
    text: SafeText
    """The passage that has the first of them, else the beginning; one line."""
    matches: tuple[tuple[int, int], ...]
    """Ranges of `text`."""


class Counts(Struct, frozen=True):
    """Of a section, a source or the whole library."""

    stories: int = 0
    unread: int = 0
    starred: int = 0
    later: int = 0


class Following(Struct, frozen=True):
    """The sources all together."""

    sources: int = 0
    last_ok_at: datetime | None = None
    """When one of them was last read."""


class SourceRow(Struct, frozen=True):
    """A subscription with its counts, as the sources screen shows it."""

    subscription: Subscription
    counts: Counts


class Section(Struct, frozen=True):
    """A section of the paper."""

    name: SafeText
    counts: Counts
    failing: bool = False
    """Some source with stories in it did not answer."""
    sources: tuple[SourceCount, ...] = ()
    """Those with stories in it, largest first, where they were asked for."""


class SourceCount(Struct, frozen=True):
    """One source within one section."""

    source_id: int
    title: SafeText
    counts: Counts
    failing: bool = False


class TagCount(Struct, frozen=True):
    """A tag and what has it."""

    name: SafeText
    counts: Counts


class SearchCount(Struct, frozen=True):
    """A saved search as a row of the section list."""

    name: SafeText
    query: str
    unread: int
    more: bool = False
    """There are at least so many."""


# What became of an errand


class Candidate(Struct, frozen=True):
    """Something at an address that can be followed."""

    kind: str
    url: SafeUrl
    title: SafeText
    stories: int
    """How many it offers now."""
    says: SafeText
    """What it is, for the reader: `an Atom feed with 30 stories`."""
    login: str = ""
    """`user:password` that were typed with the address; for its origin only."""
    typed_host: str = ""
    """The host that the reader typed."""


class Told(Struct, frozen=True):
    """Something in a visit that the reader asked to be told of."""

    search: SafeText
    """The saved search that has new stories; "" for stories that are watched and were revised."""
    count: int
    story_id: int
    """The newest of them."""
    title: SafeText
    """Its headline."""


class Outcome(Struct, frozen=True):
    """How the visit to one source went; a refresh reports one for each, in the order they finish."""

    source_id: int
    """0 for the sync server."""
    title: SafeText
    new: int = 0
    updated: int = 0
    unchanged: bool = False
    error: SafeText = EMPTY
    offline: bool = False
    """The error is that there is no network, and not this source's."""
    skipped: bool = False
    """Another program is refreshing it now."""
    told: tuple[Told, ...] = ()
    sources: int = 1
    """How many sources this visit was to: a sync server is one visit for all that it has, and one that only has its
    missing texts fetched is none."""
    texts: int = 0
    """Whole texts that came from stories' own pages."""
    done: int = 0
    """Visits finished so far, this one included."""
    total: int = 0


class RuleTest(Struct, frozen=True):
    """What a rule would have caught among what is in the library."""

    rule: Rule
    caught: int
    headlines: tuple[Headline, ...]
    """The newest of them."""


class SearchLine(NamedTuple):
    """A saved search as the config names one."""

    name: SafeText
    query: SafeText


class ImportReport(Struct, frozen=True):
    """What came over from a file of another reader, and what did not."""

    added: int
    known: int
    """Were followed already."""
    rejected: tuple[SafeText, ...] = ()
    """A sentence for each thing that could not be used."""
    what: SafeText = EMPTY
    """The file's kind."""
    stories: int = 0
    """With which something had been done."""
    read: int = 0
    """Are marked read here now that were not before; so with the three that follow."""
    starred: int = 0
    later: int = 0
    tagged: int = 0
    brought: int = 0
    """Were not here and came with the file."""
    waiting: int = 0
    """Are to arrive as read."""
    searches: tuple[SearchLine, ...] = ()
    """For the config, which is the reader's to write."""
    notes: tuple[SafeText, ...] = ()
    """Sentences on what came over in another form."""


class Finding(Struct, frozen=True):
    """Something that `doctor` looked at."""

    subject: str
    """config, library, disk, search index, sources, sync, network."""
    ok: bool
    says: str
    remedy: str = ""
