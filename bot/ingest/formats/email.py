"""Parse mails: single messages and mailboxes.

A message, the messages that it quotes, and each attachment are articles of their own, so that none is cited as another.
"""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect, HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from importlib import import_module
from pathlib import PurePath

from bot.errors import ReadOutcome, UnreadableArticleError
from bot.ingest.dates import parse_date
from bot.ingest.draft import Draft, Entry
from bot.ingest.encoding import clean, decode
from bot.ingest.files import IGNORED_SUFFIXES, READERS, describe_unsupported
from bot.ingest.formats import html
from bot.ingest.metadata import Metadata, parse_metadata
from bot.ingest.replies import MailLine, build_drafts, separate_replies, split_lines

MAX_MESSAGES = 20_000  # of a mailbox
MAX_PARTS = 5_000  # of a message; the library needs kilobytes for each
MAX_MULTIPARTS = 50  # of a message; the time that the library takes for a line grows with the depth of the parts
MAX_ATTACHMENTS = 100  # of a message that are read
_MAX_DEPTH = 5  # messages attached to messages
_HEADER_CHARS, _SENDER_CHARS = 2_000, 200  # of a field that are read; nested comments of a sender are recursive

# The line above each message of a mailbox: the sender's address and a date.
_MAILBOX_LINE = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S{1,300} [^\n]{0,20}?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    rb"[^\n]*\d:\d\d[^\n]*(?:\n|\Z)"
)
_ESCAPED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_HEADER_NAMES = ("From", "Subject", "Date", "To", "Message-ID", "Received")
_QUOTE_TAG = re.compile(r"<(/?)blockquote\b[^<>]*+>", re.IGNORECASE)
# They stand for the start and end of a quotation among the text blocks of a page.
_QUOTE_START, _QUOTE_END = "\ue000", "\ue001"
_ARMOR = re.compile(r"-----(?:BEGIN|END) PGP [A-Z ]{5,30}-----")
_SUFFIX_OF_TYPE = {"application/pdf": ".pdf", "text/html": ".html", "text/plain": ".txt", "text/markdown": ".md"}
# Parts that mail programs read, but people do not.
_UNSEEN_TYPES = frozenset(
    "application/pgp-signature application/pgp-keys application/pkcs7-signature application/x-pkcs7-signature "
    "application/pkcs7-mime application/ms-tnef text/calendar text/rfc822-headers message/delivery-status".split()
)
_UNSEEN_MAIN_TYPES = frozenset({"image", "audio", "video", "font"})


def read(data: bytes) -> list[Entry]:
    """Parse a message or a mailbox."""
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableArticleError("it is empty", "empty")
    lines = list(_MAILBOX_LINE.finditer(data))
    starts = [*([] if lines and lines[0].start() == 0 else [0]), *(line.end() for line in lines)]
    if len(starts) == 1:
        return _number(_read_message(data[starts[0] :]), first=0)
    ends = [*(line.start() for line in lines if line.start()), len(data)]
    messages = [data[start:end] for start, end in zip(starts, ends, strict=True)][:MAX_MESSAGES]
    entries = [entry for message in messages for entry in _read_each(_ESCAPED_FROM.sub(rb"\1", message))]
    if len(starts) > MAX_MESSAGES:
        reason = f"it holds more than {MAX_MESSAGES:,} messages, and the rest was not read; split it"
        entries.append(Entry(0, reason=reason, outcome="partly"))
    return _number(entries, first=1 if starts[0] else 0)


def _number(entries: list[Entry], *, first: int) -> list[Entry]:
    return [
        Entry(number, entry.id, entry.draft, entry.reason, entry.outcome) for number, entry in enumerate(entries, first)
    ]


def _read_each(data: bytes) -> list[Entry]:
    """The articles of one message of a mailbox, or the reason why there is none."""
    try:
        return _read_message(data)
    except UnreadableArticleError as error:
        return [Entry(0, reason=str(error), outcome=error.outcome)]


def _read_message(data: bytes) -> list[Entry]:
    """The articles of a message: its text, what it quotes, and its attachments. Raises if there is none."""
    if data.count(b"\n--") > MAX_PARTS or data.lower().count(b"multipart/") > MAX_MULTIPARTS:
        raise UnreadableArticleError("it has too many parts; forward it without its attachments", "too_large")
    message = message_from_bytes(data.lstrip(b"\r\n"))
    if not any(name in message for name in _HEADER_NAMES):
        raise UnreadableArticleError("it is no mail; save it as .eml in the mail program")
    return _read_parsed(message, 0)


def _read_parsed(message: Message, depth: int) -> list[Entry]:
    """The articles of a message that is attached to ``depth`` others. Raises if there is none."""
    parts = _Parts()
    parts.add(message)
    metadata, warnings = parse_metadata(_read_header(message))
    outcome: ReadOutcome = "read"
    if any(isinstance(defect, CloseBoundaryNotFoundDefect) for part in parts.seen for defect in part.defects):
        outcome, warnings = "partly", (*warnings, "it is cut short")
    drafts = build_drafts(separate_replies(parts.lines), metadata, warnings, outcome)
    entries = [Entry(0, draft=draft) for draft in drafts]
    for part in parts.attachments[:MAX_ATTACHMENTS]:
        entries += _read_attachment(part, metadata, depth)
    if len(parts.attachments) > MAX_ATTACHMENTS:
        reason = f"it has more than {MAX_ATTACHMENTS} attachments, and the rest was not read"
        entries.append(Entry(0, reason=reason, outcome="partly"))
    if not entries and parts.is_encrypted:
        raise UnreadableArticleError("it is encrypted; save or forward it decrypted", "encrypted")
    if not entries and parts.has_pictures:
        raise UnreadableArticleError("it holds pictures only; run text recognition (OCR) on them first", "no_text")
    if not entries:
        raise UnreadableArticleError("it has no text", "empty")
    return entries


def _read_header(message: Message) -> dict[str, object]:
    name, address = parseaddr(_decode(message, "From")[:_SENDER_CHARS])
    published = _decode(message, "Date")
    archived = _decode(message, "Archived-At").strip(" <>")
    return {
        "title": _decode(message, "Subject"),
        "author": name.strip(" '\"") or address,
        "published": published if parse_date(published) else None,
        "url": archived if archived.startswith(("https://", "http://")) else None,
    }


def _decode(message: Message, name: str) -> str:
    """A header's field, decoded; "" if it is missing."""
    return _decode_words(str(message.get(name, ""))[:_HEADER_CHARS])


def _decode_words(value: str) -> str:
    """The text of a header, in which words in other encodings are marked."""
    try:
        parts = decode_header(value)
    except HeaderParseError:
        return clean(value)
    words = [part if isinstance(part, str) else _decode_bytes(part, charset) for part, charset in parts]
    return " ".join(clean("".join(words)).split())


def _decode_bytes(data: bytes, charset: str | None) -> str:
    try:
        return decode(data, charset)
    except UnreadableArticleError:  # white space between words, or damage
        return data.decode("latin-1")


class _Parts:
    """The parts of a message: the lines of its text, and its attachments."""

    def __init__(self) -> None:
        self.lines: list[MailLine] = []
        self.attachments: list[Message] = []
        self.seen: list[Message] = []
        self.is_encrypted = self.has_pictures = False

    def add(self, part: Message) -> None:
        """Add a part, and those in it."""
        self.seen.append(part)
        content_type, disposition = part.get_content_type(), str(part.get_content_disposition())
        children = _list_children(part)
        if content_type == "multipart/encrypted" or _is_enveloped(part):
            self.is_encrypted = True
        elif content_type == "multipart/alternative":
            self._add_alternative(children)
        elif content_type in {"multipart/signed", "multipart/related"} and children:
            self.add(children[0])
            self.has_pictures |= any(child.get_content_maintype() == "image" for child in children)
            if content_type == "multipart/related":
                self.attachments += [child for child in children[1:] if child.get_content_disposition() == "attachment"]
        elif part.get_content_maintype() == "multipart":
            for child in children:
                self.add(child)
        elif part.get_content_maintype() in _UNSEEN_MAIN_TYPES:
            self.has_pictures = True
        elif content_type in {"text/plain", "text/html"} and disposition != "attachment" and not part.get_filename():
            text = _decode_text(part)
            self.is_encrypted |= "-----BEGIN PGP MESSAGE-----" in text
            lines = _split_html(text) if content_type == "text/html" else _split_plain(text, part)
            self.lines += [MailLine(""), *lines]
        elif content_type not in _UNSEEN_TYPES:
            self.attachments.append(part)

    def _add_alternative(self, children: list[Message]) -> None:
        """Add the alternative that a mail program shows, HTML; but plain text that says more."""
        choices = []
        for child in children:
            choice = _Parts()
            choice.add(child)
            self.seen += choice.seen
            words = sum(len(line.text.split()) for line in choice.lines)
            choices.append((words if child.get_content_type() == "text/plain" else 2 * words, choice))
            self.is_encrypted |= choice.is_encrypted
            self.has_pictures |= choice.has_pictures
        if choices:
            best = max(choices, key=lambda one: one[0])[1]
            self.lines += best.lines
            self.attachments += [part for _, choice in choices for part in choice.attachments]


def _list_children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _is_enveloped(part: Message) -> bool:
    is_smime = part.get_content_type() in {"application/pkcs7-mime", "application/x-pkcs7-mime"}
    return is_smime and part.get_param("smime-type") != "certs-only"


def _decode_text(part: Message) -> str:
    data = part.get_payload(decode=True)
    try:
        return decode(data, part.get_content_charset()) if isinstance(data, bytes) else ""
    except UnreadableArticleError:
        return ""


def _split_html(page: str) -> list[MailLine]:
    """The lines of a page; what is in a quotation is one message deeper."""
    marked = _QUOTE_TAG.sub(lambda tag: f"<p>{_QUOTE_END if tag[1] else _QUOTE_START}</p>{tag[0]}", page)
    lines, depth = [], 0
    for kind, block in html.extract_fragment_blocks(marked):
        if block in {_QUOTE_START, _QUOTE_END}:
            depth = max(depth + (1 if block == _QUOTE_START else -1), 0)
        elif block:
            lines += [*(MailLine(line.strip(), depth, kind) for line in block.split("\n")), MailLine("", depth)]
    return lines


def _split_plain(text: str, part: Message) -> list[MailLine]:
    """The lines of a plain text, joined where the sender's program wrapped them (RFC 3676)."""
    is_flowed = str(part.get_param("format", "")).lower() == "flowed"
    gap = "" if str(part.get_param("delsp", "no")).lower() == "yes" else " "
    return split_lines(_strip_armor(text), gap if is_flowed else None)


def _strip_armor(text: str) -> str:
    """Remove the lines of PGP around a signed text, and an encrypted text as a whole."""
    pieces = _ARMOR.split(text)
    if len(pieces) == 1:
        return text
    labels = _ARMOR.findall(text)
    shown = [pieces[0]]
    for label, piece in zip(labels, pieces[1:], strict=True):
        if "SIGNED" in label:
            shown.append(piece.partition("\n\n")[2])  # below the name of the hash
        elif label.startswith("-----END"):
            shown.append(piece)
    return "".join(shown)


def _read_attachment(part: Message, metadata: Metadata, depth: int) -> list[Entry]:
    """The articles in an attachment, or the reason why it gives none; its date is the mail's unless it has its own."""
    name = _decode_file_name(part)
    suffix = PurePath(name).suffix.lower() or _SUFFIX_OF_TYPE.get(part.get_content_type(), "")
    shown = f"its attachment {name}" if name else "an attachment"
    data = part.get_payload(decode=True)
    try:
        if part.get_content_type() == "message/rfc822" and part.is_multipart() and depth < _MAX_DEPTH:
            return [entry for attached in _list_children(part) for entry in _read_parsed(attached, depth + 1)]
        if part.is_multipart() or part.get_content_type() in _UNSEEN_TYPES or suffix in IGNORED_SUFFIXES:
            return []
        if suffix not in READERS or READERS[suffix] == "jsonl" or not isinstance(data, bytes):
            raise UnreadableArticleError(describe_unsupported(suffix), "unsupported")
        found = import_module(f"bot.ingest.formats.{READERS[suffix]}").read(data)
    except UnreadableArticleError as error:
        return [Entry(0, reason=f"{shown} was not read: {error}", outcome=error.outcome)]
    if not isinstance(found, Draft):
        return list(found)
    fallback = metadata.model_copy(update={"title": name or None, "author": None, "url": None})
    known = found.metadata.with_fallback(fallback)
    return [Entry(0, draft=replace(found, metadata=known))]


def _decode_file_name(part: Message) -> str:
    name = part.get_filename() or ""
    return _decode_words(name[:_HEADER_CHARS])
