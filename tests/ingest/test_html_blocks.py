"""Text blocks of HTML: superscripts, tables, definitions, headings that are sentences, and what is not shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ingest.draft import TextBlock
from bot.ingest.formats.html import extract_fragment_blocks


def read_blocks(markup: str) -> list[TextBlock]:
    return [(kind, words) for kind, words in extract_fragment_blocks(markup) if words]


def read_words(markup: str) -> list[str]:
    return [words for _, words in read_blocks(markup)]


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        # no marks of notes
        ("10<sup>6</sup> volts", "106 volts"),
        ("40 m<sup>2</sup> of floor", "40 m2 of floor"),
        ("40 km<sup>2</sup>, 3 W/m<sup>2</sup>", "40 km2, 3 W/m2"),
        ("the 1<sup>st</sup> and the 22<sup>nd</sup>", "the 1st and the 22nd"),
        ("x<sup>2</sup> + <i>y</i><sup>3</sup>", "x2 + y3"),
        ("E = mc<sup>2</sup>", "E = mc2"),
        ("5 s<sup>−1</sup> and 10<sup>-9</sup>", "5 s−1 and 10-9"),
        ("Ca<sup>2+</sup> and CO<sup>2</sup>", "Ca2+ and CO2"),
        ("dated by <sup>14</sup>C, <sup>131</sup>I", "dated by 14C, 131I"),
        ("<sup>3</sup>/<sub>4</sub> inch", "3/4 inch"),
        ("M<sup>me</sup> Orve, XIX<sup>e</sup>", "Mme Orve, XIXe"),
        ("Orve<sup>TM</sup>", "OrveTM"),
        ("see <sup>this small text</sup>", "see this small text"),
        # marks of notes
        ("dug in 1913<sup>4</sup> by hand", "dug in 1913 by hand"),
        ("27<sup>3</sup> million", "27 million"),
        ("flooded<sup>5</sup> since", "flooded since"),
        ("<b>flood</b>ed<sup>5, 6</sup> since", "flooded since"),
        ("flooded<sup>5</sup><sup>,</sup><sup>6</sup> since", "flooded since"),
        ("flooded.<sup>12</sup> Later", "flooded. Later"),
        ("“flooded”<sup>1–3</sup>", "“flooded”"),
        ("flooded<sup>[7]</sup> and<sup>[note 2]</sup> dry", "flooded and dry"),
        ("1,913<sup>*</sup> and dry<sup>†</sup>", "1,913 and dry"),
        ("flooded<sup>a</sup> since", "flooded since"),
        ("10 m<sup><a href='#fn2'>2</a></sup> deep", "10 m deep"),
        ("10 m<a href='page.html#fn2'><sup>2</sup></a> deep", "10 m deep"),
        ("<sup>3</sup> Measured at low tide.", "Measured at low tide."),
    ],
)
def test_marks_of_notes_are_left_out(markup: str, words: str) -> None:
    """The mark of a note is no part of the number or word before it; exponents, units and ordinals are text."""
    assert read_words(f"<p>{markup}</p>") == [words]


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("Kept <span class='sr-only'>opens in a new window</span>", "Kept"),
        ("Kept <a>here<span class='visually-hidden'> (external)</span></a>", "Kept here"),
        ("<i class='icon' aria-hidden='true'>ferry_boat</i>Kept", "Kept"),
        ("<span class='material-icons'>anchor</span>Kept", "Kept"),
        ("<mat-icon>anchor</mat-icon>Kept", "Kept"),
        ("<em aria-hidden='true'>ferry_boat</em>Kept", "Kept"),
        ("Kept <span class='srOnly'>(external)</span>", "Kept"),
        ("<span class='icon-box'>Two words kept</span>", "Two words kept"),
        ("<i>Kept</i> too", "Kept too"),
        ("<span aria-hidden='true'>K</span>ept", "Kept"),
        ("<ruby>港<rp>(</rp><rt>みなと</rt><rp>)</rp></ruby>町", "港町"),
    ],
)
def test_words_that_are_not_shown(markup: str, words: str) -> None:
    """Words for screen readers alone, names of icons and readings above characters are not the article's."""
    assert read_words(f"<p>{markup}</p>") == [words]


def test_text_that_is_hidden_from_screen_readers_is_read() -> None:
    """A paragraph that is only hidden from screen readers is shown by a browser."""
    assert read_words("<p class='locked' aria-hidden='true'>The well held a bucket.</p>") == ["The well held a bucket."]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("What It Cost", "heading"),
        ("Who pays for the long pier, and why did nobody ask the harbour master about it?", "heading"),
        ("Nobody paid.", "heading"),
        ("Nobody in the harbour town of Orvik has paid for the pier, and nobody ever will.", None),
        ("“Nobody in the harbour town of Orvik has paid for the pier, and nobody will.”", None),
        ("12.2.2. After installing it, there are a lot of ports open in the harbour of Orvik.", "heading"),
        ("1.5 million people have left the city of Orvik since the pier was closed in the spring.", None),
        (" ".join(["word"] * 31), None),
    ],
)
def test_a_heading_that_is_a_sentence_is_text(heading: str, kind: str | None) -> None:
    """A lead that is marked up as a heading can be quoted; questions and short headings cannot."""
    assert read_blocks(f"<h2>{heading}</h2><p>Text.</p>") == [(kind, heading), (None, "Text.")]


def test_what_links_within_the_page() -> None:
    """The sign beside a heading and the marks of notes are left out; other links are words of the text."""
    markup = (
        "<h2>Tides<a class='headerlink' href='#tides'>¶</a></h2><p>High<a class='footnote-reference' href='#f1'>[1]</a>"
        " at noon, as <a href='#t'>Table 1</a> and <a href='#s'>§</a> 5 say, <a role='doc-noteref' href='#n'>2</a>"
    )
    assert read_blocks(markup) == [("heading", "Tides"), (None, "High at noon, as Table 1 and § 5 say,")]


def test_a_long_heading_below_the_title_is_text() -> None:
    """A lead that is marked up as a heading may do without a full stop."""
    lead = "Sixty years after the first plans, the harbour town of Orvik opens its pier"
    assert read_blocks(f"<h1>Orvik opens its pier</h1><h2>{lead}</h2><h2>{lead}</h2>") == [
        ("title", "Orvik opens its pier"),
        (None, lead),
        ("heading", lead),
    ]


TABLE = "<tr><th>Port<th>Depth</tr><tr><td>Orvik<td>9 m</tr><tr><td>Tarn<td></tr>"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (f"<table>{TABLE}</table>", ["Port Orvik\tDepth 9 m", "Port Tarn"]),
        (
            "<table><thead><tr><th>Port</th><th></th></tr></thead><tbody><tr><th>Orvik</th><td>9 m</td></tr></table>",
            ["Port Orvik\t9 m"],
        ),
        ("<table><tr><th>Port<td>Orvik</tr><tr><th>Depth<td>9 m</tr></table>", ["Port\tOrvik", "Depth\t9 m"]),
        ("<table><tr><td>Port<td>Depth</tr><tr><td>Orvik<td>9 m</tr></table>", ["Port\tDepth", "Orvik\t9 m"]),
        ("<table><tr><th>Port<th>Depth</tr></table>", ["Port\tDepth"]),
        (
            "<table><tr><th colspan=2>Ports<th>Depth</tr><tr><td>Orvik<td>Old<td>9 m</tr></table>",
            ["Ports\tDepth", "Orvik\tOld\t9 m"],
        ),
        (
            f"<table><tr><th>Port<th>{'so deep ' * 9}</tr><tr><td>Orvik<td>9 m</tr></table>",
            ["Port\t" + ("so deep " * 9).strip(), "Orvik\t9 m"],
        ),
        ("<table><tr><th>A<th><p>B</p></tr><tr><td><p>One.</p><td>Two.</tr></table>", ["A One.\tB Two."]),
        ("<table><tr><th>A<th>B</tr><tr><td><p>1</p><p>2</p><td>3</tr></table>", ["A\tB", "1", "2", "3"]),
        ("<table><tr><td>Total 12<p>34 new</p><td>5</tr></table>", ["Total 12", "34 new", "5"]),
        ("<table><tr><td><p>12</p>34<td>5</tr></table>", ["12", "34\t5"]),
        (
            f"<table><tr><td><p>A</p></td><td><p>{'long ' * 50}</p></td></tr></table>",
            ["A", ("long " * 50).strip()],
        ),
    ],
)
def test_rows_of_tables(markup: str, words: list[str]) -> None:
    """Each row is a text; where the first names the columns, the others repeat the names, so that they stand alone."""
    assert read_words(markup) == words


LONG = "The depth of the water in a harbour at the lowest tide of the year."


@pytest.mark.parametrize(
    ("markup", "blocks"),
    [
        (f"<dl><dt>Draught<dd>{LONG}</dl>", [("heading", "Draught"), (None, LONG)]),
        (
            f"<dl><div><dt>Draught<dd>{LONG}</div></dl><h2>More</h2>",
            [("heading", "Draught"), (None, LONG), ("heading", "More")],
        ),
        (f"<dl><dt>Draught<dd>{LONG}</dl><p>Below.</p>", [(None, f"Draught\t{LONG}"), (None, "Below.")]),
        (
            "<dl><dt>Port<dd>Orvik<dt>Depth<dd>9 m<dd>at low tide</dl>",
            [(None, "Port\tOrvik"), (None, "Depth\t9 m\tat low tide")],
        ),
        ("<dt>Port<dd>Orvik", [(None, "Port"), (None, "Orvik")]),
        (
            f"<dl><dt>Draught<dd> <div>{LONG}</div><p>Below.</p></dl><p>After.</p>",
            [(None, f"Draught\t{LONG}"), (None, "Below."), (None, "After.")],
        ),
    ],
)
def test_lists_of_definitions(markup: str, blocks: list[TextBlock]) -> None:
    """A term is a heading of a longer text, unless other text follows below it; a short one is a row with its term."""
    assert read_blocks(markup) == blocks


def test_the_title_of_a_box_stands_before_its_text() -> None:
    """In DocBook's markup the title of a box, which is no heading, is read with the text below it, and nothing else."""
    title = "<div class='titlepage'><div><p class='title'><b>Tides</b></p></div></div>"
    box = f"<div class='sidebar'>{title}<a></a><div>High at noon.</div><p>Low at six.</p></div>"
    assert read_words(f"{box}<p>More.</p>") == ["Tides\tHigh at noon.", "Low at six.", "More."]
    assert read_words(f"<div>{title}</div><p>More.</p>") == ["Tides", "More."]
    persons = "<div><div>Ada Holm</div><div class='title'>Mayor</div></div><div>Ole Berg</div>"
    assert read_words(persons) == ["Ada Holm", "Mayor", "Ole Berg"]


def test_a_fragment_is_read_as_a_whole() -> None:
    """A piece of HTML is content: nothing is left out for its name or place."""
    markup = (
        "<header>One.</header><aside class='related'>Two.</aside><nav><ul><li>Three.</ul></nav><footer>Four.</footer>"
    )
    assert read_words(markup) == ["One.", "Two.", "Three.", "Four."]


@given(st.lists(st.text(alphabet=st.characters(categories=("L", "M", "N", "P", "S")), min_size=1), max_size=5))
def test_words_are_unchanged(words: list[str]) -> None:
    """Every character stays as it is: none is normalized, composed or dropped."""
    escaped = [word.replace("&", "&amp;").replace("<", "&lt;") for word in words]
    assert read_words("".join(f"<p>{word}</p>" for word in escaped)) == words
