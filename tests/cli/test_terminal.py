"""Text from outside cannot control the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.cli.console import SafeConsole, sanitize
from tests.cli.command import run

CLEAR = "\x1b[2J\x1b]0;owned\x07\x9b31m"


def visible_controls(text: str) -> set[str]:
    return {char for char in text if ord(char) < 32 or 127 <= ord(char) < 160} - {"\n", "\t"}


def test_control_characters_and_surrogates_are_replaced() -> None:
    """Tabs, line ends and letters of all scripts stay."""
    assert sanitize("plain\ttext\n“é” 東京 שלום") == "plain\ttext\n“é” 東京 שלום"
    assert sanitize("a\x1bb\x00c\x7fd\x9be\udcfff\rg") == "a�b�c�d�e�f�g"


def test_file_names_keys_and_operators_cannot_control_the_terminal(tmp_path: Path) -> None:
    """A skipped file's name, a key of archive.toml, and what was searched are printed without control characters."""
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "a.txt").write_text("Walruses rest on the ice in this sentence.")
    (articles / f"b{CLEAR}.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (articles / "archive.toml").write_text('["c\\u001b[2J.txt"]\ntitle = "x"\n"k\\u001b[2J" = 1\n')
    for question in ("walruses", f"walruses source:{CLEAR}", f"walruses source:a{CLEAR}", f"{CLEAR} xyzzy"):
        done = run("ask", question, "--why", "--corpus", str(articles), folder=tmp_path)
        assert visible_controls(done.stdout + done.stderr) == set()
    assert "[2J" in done.stderr


@pytest.mark.parametrize("is_terminal", [True, False])
def test_only_the_console_s_own_sequences_are_printed(is_terminal: bool) -> None:
    """Also in tables, in links and in highlighted text; links without control characters stay."""
    console = SafeConsole()
    console._force_terminal = is_terminal
    table = Table("heading")
    table.add_row(CLEAR)
    with console.capture() as capture:
        for one in (CLEAR, Text(CLEAR, style="bold"), table, Text("x", style=Style(link=f"https://x/{CLEAR}"))):
            console.print(one)
    shown = capture.get()
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown
    assert "\x9b" not in shown
