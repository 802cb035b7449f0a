CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,                       -- the Source that visits it
    url TEXT NOT NULL,
    address TEXT NOT NULL UNIQUE,             -- url without scheme, www. and final slash: followed once
    host TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',           -- the publisher's
    title_given TEXT NOT NULL DEFAULT '',     -- the reader's own
    name TEXT NOT NULL GENERATED ALWAYS AS (coalesce(nullif(title_given, ''), nullif(title, ''), host)) VIRTUAL,
    section TEXT NOT NULL DEFAULT '',         -- where the reader put it; '': where each story's publisher puts it
    home_url TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    full_text INTEGER NOT NULL DEFAULT 0,
    login TEXT NOT NULL DEFAULT '',
    typed_host TEXT NOT NULL DEFAULT '',      -- the only one that may be a private address; no redirect changes it
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_hash TEXT NOT NULL DEFAULT '',
    last_fetch_at INTEGER,
    last_ok_at INTEGER,
    next_due_at INTEGER,                      -- NULL: at once
    error TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,      -- in a row
    gone INTEGER NOT NULL DEFAULT 0,          -- HTTP 410
    removed_at INTEGER                        -- no longer followed; stays while stories that the reader kept do
) STRICT;

CREATE TABLE sections (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE, -- the first spelling stays
    position INTEGER                          -- NULL: by name, after those that have one
) STRICT;

-- The reader's side of a story. Made when it arrives, and never deleted while its source is followed.
CREATE TABLE states (
    story_id INTEGER PRIMARY KEY AUTOINCREMENT, -- grows with arrival; never used twice
    source_id INTEGER NOT NULL REFERENCES subscriptions,
    section_id INTEGER NOT NULL REFERENCES sections,
    shown_at INTEGER,                         -- its place in lists; NULL: pruned, and in no list
    read INTEGER NOT NULL DEFAULT 0,
    starred INTEGER NOT NULL DEFAULT 0,
    later INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,       -- its publisher changed it after the reader read it
    position_block INTEGER NOT NULL DEFAULT 0,
    position_character INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER,                       -- when the reader last did something with it
    key_count INTEGER NOT NULL DEFAULT 0,     -- rows in identities; bounded
    watched INTEGER NOT NULL DEFAULT 0,       -- the reader wants to be told when it is revised
    hidden INTEGER NOT NULL DEFAULT 0         -- in no list, though there: 1 muted, 2 its source was removed, 3 both
) STRICT;

-- Every list is a walk along one of these; the rowid at the end of each entry is the story's id, the tie-breaker.
CREATE INDEX states_latest ON states (shown_at) WHERE shown_at IS NOT NULL;
CREATE INDEX states_section ON states (section_id, shown_at) WHERE shown_at IS NOT NULL;
CREATE INDEX states_source ON states (source_id, shown_at) WHERE shown_at IS NOT NULL;
CREATE INDEX states_unread ON states (shown_at) WHERE shown_at IS NOT NULL AND read = 0;
CREATE INDEX states_unread_section ON states (section_id, shown_at) WHERE shown_at IS NOT NULL AND read = 0;
CREATE INDEX states_unread_source ON states (source_id, shown_at) WHERE shown_at IS NOT NULL AND read = 0;
CREATE INDEX states_starred ON states (shown_at) WHERE shown_at IS NOT NULL AND starred = 1;
CREATE INDEX states_later ON states (shown_at) WHERE shown_at IS NOT NULL AND later = 1;
CREATE INDEX states_updated ON states (shown_at) WHERE shown_at IS NOT NULL AND updated = 1;
CREATE INDEX states_watched ON states (shown_at) WHERE shown_at IS NOT NULL AND watched = 1;
CREATE INDEX states_muted ON states (shown_at) WHERE shown_at IS NOT NULL AND hidden = 1;

-- Exact at every moment, by the triggers below; a row of zeros may remain.
CREATE TABLE counts (
    source_id INTEGER NOT NULL,
    section_id INTEGER NOT NULL,
    stories INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    starred INTEGER NOT NULL DEFAULT 0,
    later INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source_id, section_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER states_insert AFTER INSERT ON states WHEN new.shown_at IS NOT NULL AND new.hidden = 0 BEGIN
    INSERT INTO counts VALUES (new.source_id, new.section_id, 1, new.read = 0, new.starred, new.later)
    ON CONFLICT DO UPDATE SET stories = stories + 1, unread = unread + excluded.unread,
        starred = starred + excluded.starred, later = later + excluded.later;
END;

CREATE TRIGGER states_delete AFTER DELETE ON states WHEN old.shown_at IS NOT NULL AND old.hidden = 0 BEGIN
    UPDATE counts SET stories = stories - 1, unread = unread - (old.read = 0),
        starred = starred - old.starred, later = later - old.later
    WHERE source_id = old.source_id AND section_id = old.section_id;
END;

CREATE TRIGGER states_update AFTER UPDATE OF shown_at, hidden, source_id, section_id, read, starred, later ON states
BEGIN
    UPDATE counts SET stories = stories - 1, unread = unread - (old.read = 0),
        starred = starred - old.starred, later = later - old.later
    WHERE old.shown_at IS NOT NULL AND old.hidden = 0
        AND source_id = old.source_id AND section_id = old.section_id;
    INSERT INTO counts SELECT new.source_id, new.section_id, 1, new.read = 0, new.starred, new.later
    WHERE new.shown_at IS NOT NULL AND new.hidden = 0
    ON CONFLICT DO UPDATE SET stories = stories + 1, unread = unread + excluded.unread,
        starred = starred + excluded.starred, later = later + excluded.later;
END;

-- What the publisher said, but for the body; where the item says nothing, what the story's page said.
CREATE TABLE stories (
    id INTEGER PRIMARY KEY REFERENCES states,
    item_hash INTEGER NOT NULL,
    guid TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,                      -- never ''
    summary TEXT NOT NULL,
    excerpt TEXT,                             -- the text's beginning, where there is no summary
    authors TEXT NOT NULL,
    section TEXT NOT NULL,                    -- the publisher's
    categories TEXT NOT NULL,                 -- one a line
    published_at INTEGER,
    updated_at INTEGER,
    language TEXT NOT NULL,
    text_kind INTEGER NOT NULL,               -- of the item: 0 none, 1 teaser, 2 full
    media TEXT,                               -- JSON: lead picture, enclosures
    first_seen_at INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    words INTEGER NOT NULL,
    revision_count INTEGER NOT NULL DEFAULT 0,
    article INTEGER NOT NULL DEFAULT 0,       -- 0 none, 1 in articles, 2 in articles but older than the last revision
    article_failures INTEGER NOT NULL DEFAULT 0,
    article_failed_at INTEGER,
    cluster_id INTEGER                        -- the smallest id of the same event; NULL: alone
) STRICT;

-- Those whose page is still to be fetched.
CREATE INDEX stories_thin ON stories (id) WHERE text_kind < 2 AND article <> 1 AND url <> '';

-- Bodies of items, apart, so that no list reads them. First byte: codec (codec.py).
CREATE TABLE texts (
    story_id INTEGER PRIMARY KEY REFERENCES stories ON DELETE CASCADE,
    body BLOB NOT NULL
) STRICT;

-- What we made of stories' pages.
CREATE TABLE articles (
    story_id INTEGER PRIMARY KEY REFERENCES stories ON DELETE CASCADE,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    authors TEXT NOT NULL,
    section TEXT NOT NULL,
    published_at INTEGER,
    updated_at INTEGER,
    language TEXT NOT NULL,
    media TEXT,
    is_story INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    body BLOB
) STRICT;

CREATE TABLE revisions (
    story_id INTEGER NOT NULL REFERENCES stories ON DELETE CASCADE,
    number INTEGER NOT NULL,                  -- from 1
    seen_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body BLOB,
    was_read INTEGER NOT NULL DEFAULT 0,      -- the reader had read it so
    PRIMARY KEY (story_id, number)
) STRICT, WITHOUT ROWID;

-- Many keys lead to one story, and go on doing so after it was pruned.
CREATE TABLE identities (
    source_id INTEGER NOT NULL,
    key INTEGER NOT NULL,
    story_id INTEGER NOT NULL,
    PRIMARY KEY (source_id, key)
) STRICT, WITHOUT ROWID;

-- Pages of items and articles, in whichever source: 64 bits of a hash of text.url_key.
CREATE TABLE story_urls (
    url_number INTEGER NOT NULL,
    story_id INTEGER NOT NULL,
    PRIMARY KEY (url_number, story_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    story_id INTEGER NOT NULL REFERENCES states ON DELETE CASCADE,
    tag TEXT NOT NULL COLLATE NOCASE,
    shown_at INTEGER,                         -- the story's, by the triggers below
    PRIMARY KEY (story_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_tag ON tags (tag, shown_at);

CREATE TRIGGER tags_insert AFTER INSERT ON tags BEGIN
    UPDATE tags SET shown_at = (SELECT shown_at FROM states WHERE story_id = new.story_id)
    WHERE story_id = new.story_id AND tag = new.tag;
END;

CREATE TRIGGER tags_update AFTER UPDATE OF shown_at ON states WHEN new.shown_at IS NOT old.shown_at BEGIN
    UPDATE tags SET shown_at = new.shown_at WHERE story_id = new.story_id;
END;

-- What the reader did in the last day, in steps that can be undone.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at INTEGER NOT NULL,
    verb TEXT NOT NULL,                       -- model.Verb
    about TEXT NOT NULL,                      -- a tag, a source's title, a label; for the sentence
    source_id INTEGER,                        -- of the source that was removed
    undone INTEGER NOT NULL DEFAULT 0         -- 1: can be done again, 2: something else was done since
) STRICT;
CREATE TABLE batch_changes (
    batch_id INTEGER NOT NULL REFERENCES batches ON DELETE CASCADE,
    story_id INTEGER NOT NULL,
    tag TEXT NOT NULL COLLATE NOCASE,         -- '': its state
    was INTEGER NOT NULL,                     -- of a state, the bits of history.py; of a tag, whether it was there
    became INTEGER NOT NULL,
    PRIMARY KEY (batch_id, story_id, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,                -- BLAKE2b-160 of the data: one picture under many addresses is kept once
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    data BLOB NOT NULL                        -- last, so that the rest is read without it
) STRICT;
CREATE INDEX images_oldest ON images (fetched_at);
CREATE TABLE image_urls (
    url TEXT PRIMARY KEY,
    image_id INTEGER NOT NULL REFERENCES images ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX image_urls_image ON image_urls (image_id);

-- The search index: rowid is the story's id. Text is folded and segmented before it comes here (search.py).
CREATE VIRTUAL TABLE search USING fts5 (
    title, authors, text,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
);

-- Stories whose entry in `search` is missing or old.
CREATE TABLE pending (
    story_id INTEGER PRIMARY KEY,
    replaces INTEGER NOT NULL                 -- whether there may be an old entry
) STRICT;

-- Keys of stories that the reader read in another program and that have not come here yet; each arrives as read.
CREATE TABLE read_elsewhere (
    source_id INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
    key INTEGER NOT NULL,
    PRIMARY KEY (source_id, key)
) STRICT, WITHOUT ROWID;
