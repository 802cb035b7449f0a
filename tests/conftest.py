"""Fixtures that several test modules share."""

from hypothesis import HealthCheck, settings

from tests.newsdesk import news_parser, visitor

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

__all__ = ["news_parser", "visitor"]
