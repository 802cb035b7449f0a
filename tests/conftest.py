"""Fixtures that several test modules share."""

from tests.newsdesk import news_parser, visitor

__all__ = ["news_parser", "visitor"]
