"""Stories and sources for others to read: JSON records, Markdown, HTML, text; `page` and `epub` for whole editions.

Pure: what is asked for comes in, and with it a function that gives pictures; text or bytes come out. Nothing in what is
written is active or foreign: no script, no address that is loaded by being looked at.
"""

from reader.export.markdown import edition_markdown, escaped, to_html, to_markdown, to_text
from reader.export.records import (
    RuleRecord,
    SourceRecord,
    StoryRecord,
    rfc3339,
    rule_record,
    source_record,
    story_record,
    whole_record,
)

__all__ = [
    "RuleRecord",
    "SourceRecord",
    "StoryRecord",
    "edition_markdown",
    "escaped",
    "rfc3339",
    "rule_record",
    "source_record",
    "story_record",
    "to_html",
    "to_markdown",
    "to_text",
    "whole_record",
]
