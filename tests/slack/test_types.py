"""Messages checked against the TypeScript types that Slack publishes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings

from bot.models import Article, Reply
from bot.slack import strings
from bot.slack.layout import AnswerRef, MessageContent, PageRef, add_buttons, build_how_to, build_reply, build_sentence
from bot.store.models import MessageRef
from tests.conftest import skip_missing

from .hostile import replies
from .samples import APPROVED, WHOLE, abstention, answer, quote_all

TYPES = Path(__file__).parent / "types"
COMPILER = TYPES / "node_modules" / ".bin" / "tsc"

LONG = quote_all(Article("a", "A title", "a.txt", "bridge " * 2_000))
FORMATTED = quote_all(Article("a", "A *title* :smile:", "a.txt", "Words.", url="https://example.org/?a=1&b=2"))
REF = MessageRef("T1", "C1", "1.0")
NOTES = ("Attached files were not read.",)

# Messages that the types must reject, to notice a compiler that checks nothing.
FAULTS: list[dict[str, Any]] = [
    {"type": "sections", "text": {"type": "plain_text", "text": "a"}},
    {"type": "section", "text": "a"},
    {"type": "section", "text": {"type": "plain_text", "text": "a", "verbatim": 1}},
    {"type": "context"},
    {"type": "context", "elements": [{"type": "rich_text_section", "elements": []}]},
    {"type": "rich_text", "elements": [{"type": "text", "text": "a"}]},
    {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text"}]}]},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a", "style": {"heavy": True}}]},
        ],
    },
]


def _all_kinds() -> list[MessageContent]:
    replied: list[Reply] = [
        answer(APPROVED),
        answer(WHOLE, caution='No passage holds "cost".'),
        answer(LONG, FORMATTED),
        answer(*[LONG] * 9),
        abstention('Not in the archive: "submarines".'),
        abstention('Not in the archive: "submarines".', WHOLE, APPROVED),
    ]
    page = PageRef(ref=REF, version="", at=1)
    answer_ref = AnswerRef(ref=REF, version="")
    with_buttons = [add_buttons(build_reply(one), answer_ref, (APPROVED,), before=page, after=page) for one in replied]
    sentences = [value for name, value in vars(strings).items() if name.isupper() and isinstance(value, str)]
    own_messages = [
        build_how_to(()),
        build_how_to(("who approved the bridge", "<!channel> *bridge*"), NOTES),
        *map(build_sentence, sentences),
    ]
    return [
        *(build_reply(reply) for reply in replied),
        *(build_reply(reply, NOTES) for reply in replied),
        *own_messages,
        *with_buttons,
    ]


def _fuzzed() -> list[MessageContent]:
    messages: list[MessageContent] = []

    @settings(max_examples=40, derandomize=True, database=None, phases=[Phase.generate])
    @given(replies())
    def collect(reply: Reply) -> None:
        messages.append(build_reply(reply))

    collect()
    return messages


def _compile(program: str, folder: Path) -> str:
    """The errors of the compiler for ``program``; empty if there are none."""
    folder.joinpath("messages.ts").write_text(program, encoding="utf-8")
    config = {"extends": str(TYPES / "tsconfig.json"), "files": ["messages.ts"]}
    folder.joinpath("tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run([COMPILER, "--project", folder], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_messages_match_slacks_types(tmp_path: Path) -> None:
    """Each kind of message, and 40 random hostile ones, match the types; wrong messages do not."""
    if not COMPILER.exists() or shutil.which("node") is None:
        skip_missing("the compiler for Slack's types (npm install --prefix tests/slack/types --no-package-lock)")
    messages = [message._asdict() for message in (*_all_kinds(), *_fuzzed())]
    refused = [
        f"// @ts-expect-error\nexport const fault{number}: KnownBlock = {json.dumps(fault)};"
        for number, fault in enumerate(FAULTS)
    ]
    program = [
        "import type { KnownBlock } from '@slack/types';",
        f"export const messages: {{ text: string; blocks: KnownBlock[] }}[] = {json.dumps(messages, indent=1)};",
        *refused,
    ]
    assert _compile("\n".join(program), tmp_path) == ""
