"""Mails: headers, the sender's words and what is quoted, attachments, mailboxes, and damaged ones."""

from __future__ import annotations

import random
from datetime import date
from email.message import EmailMessage

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Entry
from bot.ingest.formats import email
from bot.models import Article

from .samples import list_paragraphs, to_article
from .test_damage import behead, cut, flip, insert
from .test_docx import PROSE, build, paragraph

HEADER = "From: Ilse Varga <ilse@example.org>\nSubject: The weir\nDate: Tue, 7 May 2024 23:30:00 -0700\n"
OWN = "We will rebuild the weir."
ASKED = "What will become of the weir?"


def read(text: str, header: str = HEADER) -> list[Entry]:
    return email.read(f"{header}\n{text}".encode())


def articles(entries: list[Entry]) -> list[Article]:
    return [to_article(entry.draft) for entry in entries if entry.draft]


def message(text: str = OWN, html: str = "", **fields: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = "ilse@example.org", "The weir", "Tue, 7 May 2024 10:00:00 +0200"
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    if text:
        made.set_content(text)
    if html and text:
        made.add_alternative(html, subtype="html")
    elif html:
        made.set_content(html, subtype="html")
    return made


def words(entry: Entry) -> list[str]:
    assert entry.draft
    return [text for _, text in list_paragraphs(to_article(entry.draft))]


def test_the_header_gives_title_author_and_day() -> None:
    """The day is the sender's; an address stands for a missing name; words in other encodings are decoded."""
    (article,) = articles(read(OWN))
    assert (article.title, article.author, article.published) == ("The weir", "Ilse Varga", date(2024, 5, 7))
    header = "From: jon@example.org\nSubject: =?iso-8859-1?q?Das_M=FChlwehr?= in =?utf-8?b?w5ZzdHJhdg==?=\n"
    (article,) = articles(read(OWN, f"{header}Archived-At: <https://example.org/m/7>\n"))
    assert (article.title, article.author, article.published) == ("Das Mühlwehr in Östrav", "jon@example.org", None)
    assert article.url == "https://example.org/m/7"


ANSWERS = {
    "plain": f"{OWN}\n\nOn Mon, May 6, 2024 at 10:12 AM Jon Birk <jon@example.org> wrote:\n> {ASKED}\n",
    "no blank line": f"{OWN}\nOn Mon, May 6, 2024 at 10:12 AM Jon Birk <jon@example.org> wrote:\n>{ASKED}\n",
    "wrapped": f"{OWN}\n\nOn Mon, May 6, 2024 at 10:12 AM Jon Birk\n<jon@example.org> wrote:\n\n> {ASKED}\n",
    "Outlook": f"{OWN}\n\nFrom: Jon Birk <jon@example.org>\nSent: 6 May 2024\nTo: Ilse\nSubject: Weir\n\n{ASKED}\n",
    "separator": f"{OWN}\n\n-----Original Message-----\nFrom: Jon Birk\nSent: 6 May 2024\nTo: Ilse\n\n{ASKED}",
    "German": f"{OWN}\n\nVon: Jon Birk\nGesendet: 6 May 2024\nAn: Ilse\nBetreff: Weir\n\n{ASKED}",
    "forward": f"{OWN}\n\n------- Forwarded message -------\nFrom: Jon Birk <j@x.org>\nDate: 6 May 2024\n\n{ASKED}",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_a_quoted_message_is_an_article_of_its_own(text: str) -> None:
    """What is quoted is cited as its author's, of its own day, and is not among the sender's words."""
    own, quoted = read(text)
    assert (words(own), words(quoted)) == ([OWN], [ASKED])
    article = to_article(quoted.draft) if quoted.draft else None
    assert article
    assert (article.title, article.author, article.published) == ("The weir", "Jon Birk", date(2024, 5, 6))


def test_quotations_in_html_are_separated() -> None:
    """A block quotation in HTML counts as quoted, and the line above it introduces it."""
    page = (
        f"<div>{OWN}</div><div class='q'>Am 06.05.2024 um 10:12 schrieb Jon Birk:<br><blockquote><p>{ASKED}</p>"
        "<blockquote>Older.</blockquote></blockquote></div><p>Yours, Ilse</p>"
    )
    own, quoted = email.read(message("", page).as_bytes())
    assert (words(own), words(quoted)) == ([OWN, "Yours, Ilse"], [ASKED, "Older."])
    assert quoted.draft
    assert quoted.draft.metadata.author is None  # two people are quoted


@pytest.mark.parametrize(
    ("text", "own", "quoted"),
    [
        (f"> {ASKED}\n\n{OWN}\n", [OWN], [ASKED]),
        (f"> {ASKED}\n{OWN}\n> And the mill?\nIt stays.\n", [OWN, "It stays."], [ASKED, "And the mill?"]),
        (f"The contract says in 2024:\n\n> {ASKED}", ["The contract says in 2024:"], [ASKED]),
        (f"{OWN}\n-- \nIlse Varga\nMillers' Guild\n", [OWN, "Ilse Varga\nMillers' Guild"], None),
        ("A: 1\nB: 2\nFrom here on: 3\n", ["A: 1\nB: 2\nFrom here on: 3"], None),
        ("If 3 > 2\nand 2 < 3, it holds.\n", ["If 3 > 2", "and 2 < 3, it holds."], None),
    ],
)
def test_own_words_and_quotations(text: str, own: list[str], quoted: list[str] | None) -> None:
    """Answers between quotations are the sender's; a signature is a paragraph of its own."""
    entries = read(text)
    assert [words(entry) for entry in entries] == [own, *([quoted] if quoted else [])]


def test_a_message_that_is_forwarded_without_a_word_is_the_forwarded_one() -> None:
    """Its author is not who forwarded it."""
    text = f"Begin forwarded message:\n\nFrom: Jon Birk <j@x.org>\nDate: 6 May 2024\nTo: Ilse\n\n{ASKED}"
    (article,) = articles(read(text))
    assert (article.author, list_paragraphs(article)[0][1]) == ("Jon Birk", ASKED)


def test_flowed_lines_are_joined() -> None:
    """Lines that the sender's program wrapped are one, also in a quotation; others stay apart."""
    text = "We will \nrebuild\nthe weir.\n> What \n> now?\n-- \nIlse\n"
    own, quoted = read(text, f"{HEADER}Content-Type: text/plain; format=flowed\n")
    assert own.draft
    assert own.draft.text == "We will rebuild\nthe weir.\n\nIlse"
    assert words(quoted) == ["What now?"]


def test_of_alternatives_the_page_is_read() -> None:
    """The HTML is read, not both; the plain text if it says much more."""
    assert [words(entry) for entry in email.read(message("As text.", f"<p>{OWN}</p>").as_bytes())] == [[OWN]]
    plain = "The plain text says it all at length."
    assert [words(entry) for entry in email.read(message(plain, "<p>No HTML?</p>").as_bytes())] == [[plain]]


def test_attachments_are_articles_of_their_own() -> None:
    """Each is read by its format's reader; pictures are ignored, and other files named with what to do."""
    made = message()
    made.add_attachment(build(paragraph(PROSE)), maintype="application", subtype="octet-stream", filename="Plan.DOCX")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    made.add_attachment(b"cut", maintype="application", subtype="zip", filename="old.docx")
    made.add_attachment(b"a;b", maintype="text", subtype="csv", filename="costs.csv")
    made.add_attachment(message(ASKED, Message_ID="<1@x>"))
    entries = email.read(made.as_bytes())
    assert [(entry.number, entry.reason[:40]) for entry in entries] == [
        (0, ""),
        (1, ""),
        (2, "its attachment old.docx was not read: it"),
        (3, "its attachment costs.csv was not read: t"),
        (4, ""),
    ]
    plan = to_article(entries[1].draft) if entries[1].draft else None
    assert plan
    assert (plan.title, plan.author, plan.published, plan.text) == ("Plan.DOCX", None, date(2024, 5, 7), PROSE)
    assert words(entries[4]) == [ASKED]


def test_a_mailbox_holds_messages() -> None:
    """Each message is numbered from 1; a line that was escaped is restored; one that is no mail is reported."""
    line = "From ilse@example.org Tue May  7 10:00:00 2024\n"
    text = (
        f"{line}{HEADER}\nOne.\n\n>From here on.\n\n{line}nothing\n\n{line}{HEADER}\nFrom then on.\n\nFrom 10:30 on.\n"
    )
    entries = email.read(text.encode())
    assert [(entry.number, entry.outcome if entry.reason else words(entry)) for entry in entries] == [
        (1, ["One.", "From here on."]),
        (2, "broken"),
        (3, ["From then on.", "From 10:30 on."]),
    ]


def test_a_message_that_is_cut_short_is_read_partly() -> None:
    """What is there is read, and the outcome says that it is not all."""
    made = message(OWN, "<p>x</p>").as_bytes()
    (entry,) = email.read(made[: made.index(b"text/html")])
    assert entry.draft
    assert (entry.draft.outcome, entry.draft.warnings, words(entry)) == ("partly", ("it is cut short",), [OWN])


ENCRYPTED = '{}Content-Type: multipart/encrypted; boundary=b; protocol="application/pgp-encrypted"\n\n--b\n\nx\n--b--\n'
SMIME = "{}Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n"
ARMOR = "{}\n-----BEGIN PGP MESSAGE-----\n\nhIwDY32h\n-----END PGP MESSAGE-----\n"


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        ("", "empty", "it is empty"),
        ("Just a note.", "broken", "save it as .eml"),
        (HEADER, "empty", "no text"),
        (ENCRYPTED.format(HEADER), "encrypted", "decrypted"),
        (SMIME.format(HEADER), "encrypted", "decrypted"),
        (ARMOR.format(HEADER), "encrypted", "decrypted"),
        (f"{HEADER}Content-Type: image/png\n\nx", "no_text", "text recognition"),
        (HEADER + "Content-Type: multipart/mixed; boundary=b\n\n" * 51, "too_large", "too many parts"),
        (HEADER + "\n--" * 5_001, "too_large", "too many parts"),
    ],
    ids=lambda value: value[-20:],
)
def test_what_cannot_be_read_is_named(data: str, outcome: str, reason: str) -> None:
    """The reason says what the mail is, and what to do."""
    with pytest.raises(UnreadableArticleError, match=reason) as caught:
        email.read(data.encode())
    assert caught.value.outcome == outcome


def test_the_lines_around_a_signed_text_are_left_out() -> None:
    """A text that is signed inline is read without its signature."""
    signed = f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{OWN}\n-----BEGIN PGP SIGNATURE-----\nx\n"
    assert [words(entry) for entry in read(f"{signed}-----END PGP SIGNATURE-----\n")] == [[OWN]]


def test_damaged_mails_are_read_or_refused() -> None:
    """Whatever is cut, flipped or inserted, the mail is read or refused with a reason."""
    rng = random.Random(13)
    made = message(ANSWERS["plain"], f"<p>{OWN}</p><blockquote>{ASKED}</blockquote>", To="=?utf-8?b?w5ZzdHJhdg==?=")
    made.add_attachment(build(paragraph(PROSE)), maintype="application", subtype="docx", filename="Plan.docx")
    made.add_attachment(message(ASKED))
    good = b"From ilse@example.org Tue May  7 10:00:00 2024\n" + made.as_bytes()
    for number in range(400):
        data = (flip, cut, behead, insert)[number % 4](rng, good)
        try:
            assert all(entry.draft or entry.reason for entry in email.read(data))
        except UnreadableArticleError as error:
            assert str(error)
