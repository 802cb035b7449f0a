"""Two who read and mark, one who refreshes, one who marks by command, all at once and for a few seconds."""

from __future__ import annotations

from pathlib import Path

from tests.crash import Press
from tests.crowd import Crowd
from tests.webserver import WebServer


def test_a_crowd_loses_no_mark(tmp_path: Path) -> None:
    with WebServer() as web:
        crowd = Crowd(tmp_path / "home", Press(web))
        crowd.run(3)
    assert crowd.marks >= 10, crowd.says()
    assert crowd.refreshes >= 1, crowd.says()
    assert crowd.commands >= 1, crowd.says()
