"""A config is either right, or refused with file, line, what was found and what is allowed."""

from pathlib import Path

import pytest

from reader.errors import ConfigError
from reader.query import parse as parse_query
from reader.settings import LISTS, Settings, described, folders, load, parse

BASE = Settings(folders(Path("/nowhere")))


def check(text: str) -> Settings:
    return parse(text.encode(), "config.toml", BASE)


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        check(text)
    return str(error.value).splitlines()


def test_an_empty_file_changes_nothing() -> None:
    assert check("") == BASE


def test_what_is_written_is_in_force() -> None:
    settings = check(
        """
        [ui]
        theme = "newsprint"
        measure = 64
        [keys]
        story.star = "asterisk"
        "story.later" = "g L"
        [refresh]
        automatic = false
        [open]
        browser = ["firefox", "--new-tab"]
        [[searches]]
        name = "Bridges"
        query = "bridge -card"
        [[searches]]
        name = "Ferries"
        query = "ferr*"
        notify = true
        [[rules]]
        name = "No cards"
        query = "card OR carte"
        mute = true
        tag = "cards"
        sources = ["The Gazette", "Courier"]
        section = "Sport"
        """
    )
    assert (settings.ui.theme, settings.ui.measure) == ("newsprint", 64)
    assert settings.keys.bindings == {"story.star": "asterisk", "story.later": "g L"}
    assert settings.refresh.automatic is False
    assert settings.open.browser == ("firefox", "--new-tab")
    assert [(search.name, search.notify) for search in settings.searches] == [("Bridges", False), ("Ferries", True)]
    rule, watch = settings.desk_rules
    asked = '(card OR carte) (source:"The Gazette" OR source:"Courier") section:"Sport"'
    assert (rule.query, rule.muted, rule.tag, rule.read, rule.notify) == (asked, True, "cards", False, False)
    assert (watch.name, watch.query, watch.notify) == ("Ferries", "ferr*", True)
    parse_query(rule.query)


@pytest.mark.parametrize("when", ["open", "end", "manual", "scroll", 5])
def test_when_a_story_counts_as_read_is_a_word_or_seconds(when: str | int) -> None:
    assert check(f"[ui]\nmark_read = {when!r}").ui.mark_read == when


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[ui]\n\nmesure = 3", 3, 'no setting "mesure". Allowed: theme, measure'),
        ("[ui]\nmeasure = 3", 2, "ui.measure is 3; it must be a whole number of cells from 40 to 120."),
        ("[ui]\nmeasure = true", 2, "ui.measure is true"),
        ("ui = 3", 1, "must be a table that begins with [ui]"),
        ("[refresh]\n[colours]\nx = 1", 2, 'no section "colours". Allowed: ui, refresh'),
        ("[ui]\nx = = 2", 2, "not TOML"),
        ("[open]\nbrowser = 'firefox %u'", 2, "never a shell line"),
        ("[keys]\nstory.star = 3", 2, 'keys."story.star" is 3'),
        ("[keys]\npreset = 'vi'", 2, 'keys.preset is "vi"'),
        ("[[searches]]\nname = 'a'\nquery = 'b'\n[[searches]]\nname = 'c'", 4, "[[searches]] needs query"),
        ("[[searches]]\nname = 'a'\nquery = 'b'\n[[searches]]\nname = 'c'\nquery = 5", 6, "searches.query is 5"),
        ("[[searches]]\nname = 'a'\nquery = 'b OR'", 3, 'searches.query is "b OR"; at character 5: After OR'),
        ("[[rules]]\nname = 'a'\nread = true\nquery = 'is:x'", 4, 'rules.query is "is:x"; at character 4: A story is'),
        ("[[rules]]\nname = 'a'\nquery = 'b'", 1, "needs one of mute, read, star, later and tag"),
        (f"[[rules]]\nname = 'a'\nread = true\nquery = '{'(' * 30}b{')' * 30}'", 1, "too much, with its sources"),
        ("[[rules]]\nname = 'a'\nread = true", 1, "[[rules]] needs query"),
        ("[[rules]]\nname = 'a'\nquery = 'b'\nsources = 'c'\nread = true", 4, "must be names of sources"),
        ("[ui]\nmark_read = 'always'", 2, 'one of "open", "end", "manual", "scroll", or a whole number of seconds'),
        ("[ui]\nmark_read = 0", 2, "a whole number of seconds from 1 to 600."),
        ("[[commands]]\nname = 'a'", 1, "[[commands]] needs run"),
        ("[[commands]]\nname = 'a'\nrun = 'mpv {url}'", 3, "never a shell line"),
        ("[[commands]]\nname = 'a'\nrun = []", 3, "commands.run is []"),
        ("[[commands]]\nname = 'a'\nrun = ['mpv', '--title={title}']", 3, "arguments take {url} and {id}"),
        ("[[commands]]\nname = 'a'\nrun = ['sh', '-c', 'mpv {url}']", 3, "{url} stands in an argument without blanks"),
        ("[[commands]]\nname = 'a'\nrun = ['/bin/bash', '-lc', 'x={url}']", 3, "no program and no shell line"),
        ("[[commands]]\nname = 'a'\nrun = ['env', 'A=b', 'dash', '-c', '{url}']", 3, "no program and no shell line"),
        ("[[commands]]\nname = 'a'\nrun = ['{url}']", 3, "no program and no shell line is made of it"),
        ("[[commands]]\nname = 'a'\nrun = ['x']\ninput = 'pdf'", 4, 'one of "none", "url", "markdown"'),
        ("[[commands]]\nname = 'a'\nrun = ['x']\nfor = 'is:x'", 4, 'commands.for is "is:x"; at character 4'),
        ("[[commands]]\nname = 'a'\nrun = ['x']\nwanted = 'b'", 4, "Allowed: name, run, input, for, open"),
        ("[[commands]]\nname = 'a'\nrun = ['x']\nwait = true", 1, "wait = true needs terminal = true"),
        ("[[commands]]\nname = '!'\nrun = ['x']", 1, "needs a letter or a digit in its name"),
        ("[[commands]]\nname = 'A b'\nrun = ['x']\n[[commands]]\nname = 'a-B'\nrun = ['x']", 4, 'as "send.a-b"'),
        ("[refresh]\nproxy = 'ftp://x'", 2, "an http, https or socks5 URL"),
        ("[refresh]\nproxy = 'http://:8080'", 2, "an http, https or socks5 URL"),
        ("[ui]\n[sync]\nserver = 'https://ann:s3cret@rss.example/'", 3, "without a name or password in it"),
        ("[sync]\nserver = 'rss.example'", 2, "must be the server's address, http or https"),
        ("[ui]\n[sync]\nserver = 'https://rss.example'", 2, "[sync] needs server and user."),
        ("[sync]\nserver = 'https://a.example'\nuser = 'ann'", 1, "needs one of password_command and password_file."),
        ("[sync]\npassword = 's3cret'", 2, 'has no setting "password". Allowed: server, user, password_command'),
        ("[sync]\npassword_command = 'pass show rss'", 2, "never a shell line"),
        ("[[logins]]\nsite = 'https://a.example'", 1, "[[logins]] needs user"),
        ("[[logins]]\nsite = 'https://a.example'\nuser = 'ann'", 1, "[[logins]] needs one of password_command"),
    ],
)
def test_a_fault_has_its_line_and_what_is_allowed(text: str, line: int, says: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(f"config.toml:{line}: ")
    assert says in fault


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("[ui]\nmeasure = 1\nlayout = 'round'\n[refresh]\ninterval = 0\n[nope]")) == 4


def test_a_fault_cannot_reach_the_terminal_as_a_command() -> None:
    (fault,) = faults('[ui]\ntheme = "\\u001b[31m\\u202e"')
    assert "\x1b" not in fault
    assert "\u202e" not in fault


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(ConfigError, match=r"config.toml:2: not UTF-8"):
        parse(b"[ui]\n\xff", "config.toml", BASE)


def test_a_password_that_others_may_read_is_refused_and_none_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "config" / "config.toml"
    path.parent.mkdir()
    path.write_text("[refresh]\nproxy = 'http://ann:s3cret@proxy.example:8080'\n")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=rf"^{path}:2: .*chmod 600 {path}$") as error:
        load(tmp_path)
    assert "s3cret" not in str(error.value)
    path.chmod(0o600)
    assert "s3cret" in load(tmp_path).refresh.proxy
    (fault,) = faults("[refresh]\nproxy = 'ftp://ann:s3cret@proxy.example'")
    assert "ftp://…@proxy.example" in fault
    path.write_text("[refresh]\nproxy = 'http://proxy.example:8080'\n")
    path.chmod(0o644)
    assert load(tmp_path).refresh.proxy, "without a password there is nothing to hide"


@pytest.mark.parametrize("table", ["[sync]\nserver", "[[logins]]\nsite"])
def test_a_password_file_that_others_may_read_is_refused_with_its_line(tmp_path: Path, table: str) -> None:
    path, secret = tmp_path / "config" / "config.toml", tmp_path / "secret"
    path.parent.mkdir()
    path.write_text(f"{table} = 'https://a.example'\nuser = 'ann'\npassword_file = '{secret}'\n")
    assert load(tmp_path), "one that is not there keeps nobody from reading"
    secret.write_text("s3cret")
    secret.chmod(0o604)
    with pytest.raises(ConfigError, match=rf"^{path}:4: .*chmod 600 {secret}$") as error:
        load(tmp_path)
    assert "s3cret" not in str(error.value)
    secret.chmod(0o600)
    assert load(tmp_path)


def test_everything_is_under_the_home_that_is_given(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.folders.config_file == tmp_path / "config" / "config.toml"
    assert settings.folders.library_file.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_home_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    assert load().folders.data.is_relative_to(tmp_path)


def test_every_setting_says_what_is_allowed_and_takes_its_default() -> None:
    for section, name, default, allowed in described():
        assert allowed, (section, name)
        if section not in LISTS:
            toml = {True: "true", False: "false"}.get(default) if isinstance(default, bool) else None
            toml = toml or (
                f'"{default}"' if isinstance(default, str) else str(list(default) if default == () else default)
            )
            check(f"[{section}]\n{name} = {toml}")
