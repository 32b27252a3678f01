"""Check that every private request has an outcome, and a second one only if Slack did not confirm the first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.playground.interactivity import RESPONSE_URL
from bot.playground.server import FakeSlack
from bot.playground.web_api import ApiCall
from bot.slack.blocks import texts_in
from bot.slack.strings import UNKNOWN_USER

from .checks import CheckResult, Violation, notices, text_of
from .questions import PrivateRequest

# Calls that show something to one person.
_SHOWING = frozenset({"chat.postEphemeral", "chat.postMessage", "views.open", RESPONSE_URL})
# Slack sends a click once, and the bot does not store it: it is lost if the bot ends within this many seconds.
CLICK_SECONDS = 30.0

_EXPECTED = frozenset(
    {"shown", "shown twice, unconfirmed", "modal", "message", "asked to click again", "not acknowledged", "interrupted"}
)


class Interruption(NamedTuple):
    """When a bot ended, or from when to when its token was revoked, in seconds since 1970."""

    since: float
    until: float

    def may_lose(self, request: PrivateRequest) -> bool:
        """Whether a click then may have had no effect, or a message may have been sent twice."""
        return self.since - CLICK_SECONDS <= request.at <= self.until


def check_requests(
    slack: FakeSlack, requests: Sequence[PrivateRequest], interruptions: Sequence[Interruption]
) -> CheckResult:
    """Count the outcomes of ``requests``, and report each wrong one."""
    calls = _calls_by_person(slack)
    outcomes: Counter[str] = Counter()
    violations: list[Violation] = []
    for request in requests:
        is_interrupted = any(one.may_lose(request) for one in interruptions)
        outcome = _outcome(slack, request, calls[request.person], is_interrupted)
        outcomes[f"{request.kind}: {outcome}"] += 1
        if outcome not in _EXPECTED:
            message = f"{outcome}: {request.kind} of {request.person}, {_seen(slack, request.person)}"
            violations.append(Violation(message, _history(request, calls[request.person])))
    return CheckResult(outcomes, tuple(violations))


def _outcome(slack: FakeSlack, request: PrivateRequest, calls: Sequence[ApiCall], is_interrupted: bool) -> str:
    seen, modals = _seen(slack, request.person), slack.views.open_modals(request.person)
    if not seen or any(view["hash"] == request.replaced_view for view in modals):
        if request.failure is not None:
            return "not acknowledged"
        return "interrupted" if is_interrupted and not request.is_stored else "nothing shown"
    if len(seen) > 1 + sum(map(is_unconfirmed, calls)) + is_interrupted:
        return f"shown {len(seen)} times"
    if not all(request.expected.casefold() in text.casefold() for text in seen):
        return "something else shown"
    if len(seen) > 1:
        return "shown twice, unconfirmed"
    shown = "shown" if request.expected else "modal" if modals else "message"
    return "asked to click again" if UNKNOWN_USER in seen[0] else shown


def _seen(slack: FakeSlack, person: str) -> list[str]:
    """The text of all that the person sees and nobody else: messages, modals and the Home tab."""
    messages = [*notices(slack, person), *slack.replies(slack.open_dm(person))]
    views = [*slack.views.open_modals(person), *filter(None, [slack.views.home(person)])]
    return [*map(text_of, messages), *(" ".join(texts_in(view["blocks"])) for view in views)]


def is_unconfirmed(call: ApiCall) -> bool:
    """Whether the app could not know if the call had taken effect."""
    return call.answer is None or call.status >= 500 or call.answer.get("error") == "fatal_error"


def _calls_by_person(slack: FakeSlack) -> defaultdict[str, list[ApiCall]]:
    """The calls that were to show something to one person, by that person."""
    people: dict[object, str] = {}  # by trigger id and response URL
    for interaction in slack.interactivity.interactions():
        payload = interaction.payload
        person = payload.get("user_id") or payload["user"]["id"]
        people |= {payload.get(name): person for name in ("trigger_id", RESPONSE_URL)}
    calls: defaultdict[str, list[ApiCall]] = defaultdict(list)
    for call in slack.calls:
        if call.method in _SHOWING:
            given = call.arguments
            by_id = people.get(given.get("trigger_id") or given.get(RESPONSE_URL))
            calls[str(given.get("user") or by_id or given.get("channel"))].append(call)
    return calls


def _history(request: PrivateRequest, calls: Sequence[ApiCall]) -> tuple[str, ...]:
    lines = [(request.at, f"{request.kind}, not acknowledged: {request.failure}")]
    lines += [(call.at, f"{call.method} → {call.status} {(call.answer or {}).get('error', 'ok')}") for call in calls]
    return tuple(f"{datetime.fromtimestamp(at):%H:%M:%S.%f} {line}" for at, line in sorted(lines))
