"""Reading aloud: sentence by sentence, the spoken one marked; and what is said of an undo."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from reader.app import launcher, voice
from reader.model import Article
from reader.settings import Open
from reader.text import SafeText
from tests.app.canned import CannedLibrary
from tests.app.desk import Start, paper_of, press, until

SPEAKS = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10))"
SPEAKS_ON = "import sys, signal; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10)); signal.pause()"


async def test_a_story_is_read_to_its_end(start: Start, library: CannedLibrary, tmp_path: Path) -> None:
    said = tmp_path / "said"
    async with start(open=Open(voice=(sys.executable, "-c", SPEAKS, str(said)))) as pilot:
        view = paper_of(pilot).story_view
        wanted = [view.text_of(sentence) for sentence in view.sentences()]
        await press(pilot, "S")
        await until(pilot, lambda: said.exists() and len(said.read_text().splitlines()) == len(wanted))
        assert said.read_text().splitlines() == wanted
        await until(pilot, lambda: view.spoken is None)


async def test_it_pauses_goes_on_and_skips(start: Start, library: CannedLibrary, tmp_path: Path) -> None:
    said = tmp_path / "said"

    def heard() -> list[str]:
        return said.read_text().splitlines() if said.exists() else []

    async with start(open=Open(voice=(sys.executable, "-c", SPEAKS_ON, str(said)))) as pilot:
        paper = paper_of(pilot)
        view = paper.story_view
        first, second, *_ = [view.text_of(sentence) for sentence in view.sentences()]
        await press(pilot, "S")
        await until(pilot, lambda: heard() == [first])
        assert view.text_of(view.spoken) == first
        await press(pilot, ";")
        await until(pilot, lambda: heard() == [first, second])
        await press(pilot, "S")
        assert "Paused" in paper.status.said
        assert not paper.aloud.speaking
        await press(pilot, "S")
        await until(pilot, lambda: heard() == [first, second, second])
        story = paper.open_story
        paper.story_view.renew(replace(story, article=Article(markdown=SafeText("Only this. And that."))))
        await press(pilot, ";")
        await until(pilot, lambda: heard()[3:] == [first])
        assert [paper.story_view.text_of(one) for one in paper.aloud._sentences][-2:] == ["Only this.", "And that."]
        await press(pilot, "J")
        await until(pilot, lambda: not paper.aloud.speaking)
        assert view.spoken is None


async def test_a_voice_that_fails_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(launcher.LaunchError, match="could not be started"):
        await voice.say((str(tmp_path / "none"),), "One.", "en")
    with pytest.raises(launcher.LaunchError, match="it ended with 3"):
        await voice.say((sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"), "One.", "en")


async def test_a_voice_that_is_cancelled_falls_silent() -> None:
    speaking = asyncio.ensure_future(voice.say((sys.executable, "-c", "import signal; signal.pause()"), "One.", "en"))
    await asyncio.sleep(0)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking


def test_the_voice_is_the_reader_s_or_one_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert voice.voice_for("en", ("mine", "-x")) == ("mine", "-x")
    monkeypatch.setattr(voice.sys, "platform", "linux")
    monkeypatch.setattr(voice.shutil, "which", lambda name: name if name == "espeak-ng" else None)
    assert voice.voice_for("en-GB") == ("espeak-ng", "--stdin", "-v", "en-gb")
    assert voice.voice_for("--help") == ("espeak-ng", "--stdin")
    monkeypatch.setattr(voice.shutil, "which", lambda name: name if name == "spd-say" else None)
    assert voice.voice_for("de") == ("spd-say", "--wait", "--pipe-mode", "--language", "de")
    monkeypatch.setattr(voice.shutil, "which", lambda name: None)
    with pytest.raises(launcher.LaunchError, match="No voice is installed"):
        voice.voice_for("en")
