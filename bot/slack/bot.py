"""What answers in a workspace, from its start to a clean end, whichever way Slack's events come to it.

Keeps secret who runs beside whom: the lanes, and the keeper of what was claimed.
"""

from __future__ import annotations

import logging
from threading import Event, Thread

from slack_bolt import App

from bot.records import Records
from bot.slack.actions import Presses
from bot.slack.admission import Admission, Directory, Rules
from bot.slack.commands import listen
from bot.slack.composing import Shelf
from bot.slack.connection import Access, Identity, connect, introduce, missing_scopes
from bot.slack.desk import Desk
from bot.slack.history import Editors, History
from bot.slack.home import Home
from bot.slack.ledger import Ledger
from bot.slack.limits import Allowance, Limits
from bot.slack.listeners import acknowledge_the_rest, build_app, listen_to_presses
from bot.telemetry import Telemetry

log = logging.getLogger(__name__)

# Seconds from the signal until no question is begun; a supervisor's patience is usually ten.
END_WITHIN = 3.5
# Seconds more for presses, each of which is a call or two.
PRESSES_END_WITHIN = 1.0
# Seconds between two looks after what was claimed: a fifth of a lease.
KEEP_EVERY = 3.0


class SlackBot:
    """What answers, between ``start`` and ``stop``: until ``open`` it collects. Whatever brings events gives them to
    ``app``. SlackError where Slack refuses the bot's token or cannot be reached.
    """

    def __init__(
        self,
        access: Access,
        *,
        records: Records,
        rules: Rules | None = None,
        limits: Limits | None = None,
        telemetry: Telemetry | None = None,
        editors: Editors | None = None,
    ) -> None:
        patient = connect(access.bot, access.api_url)
        self.identity: Identity = introduce(patient)
        for scope in missing_scopes(self.identity):
            log.warning("the bot's token lacks the scope %s; add it to the app and install the app again", scope)
        # The lanes wait in its stead.
        client = connect(access.bot, access.api_url, is_patient=False)
        telemetry = telemetry or Telemetry()
        admission = Admission(rules or Rules(), Directory(client))
        self._desk = Desk(
            client,
            bot_user=self.identity.bot_user,
            ledger=Ledger(records),
            admission=admission,
            allowance=Allowance(limits or Limits()),
            telemetry=telemetry,
            scopes=self.identity.scopes,
        )
        telemetry.watch_waiting(lambda: self._desk.waiting)
        self.app: App = build_app(patient, self._desk.take)
        self._presses = Presses(client, admission, records, self.identity.bot_user)
        listen_to_presses(self.app, self._presses)
        listen(self.app, self._desk.take_question, bot_user=self.identity.bot_user)
        self._home = Home(client, admission, self.identity, History(client, records, editors or Editors()))
        self._home.listen(self.app)
        acknowledge_the_rest(self.app)
        self._has_ended = Event()
        self._keeper = Thread(target=self._keep, name="keeper", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether questions are answered at the moment."""
        return self._desk.is_open and self._keeper.is_alive()

    def start(self) -> None:
        """Begin to look after what is claimed, and to take over what another process left behind."""
        self._keeper.start()

    def open(self, shelf: Shelf) -> None:
        """Answer from now on."""
        self._desk.open(shelf)
        self._presses.open(shelf)
        self._home.open(shelf)

    def stop(self, within: float = END_WITHIN) -> None:
        """Finish the questions in hand, ``within`` seconds; what is left then is another process's to take over."""
        left = self._desk.finish(within)
        self._presses.finish(PRESSES_END_WITHIN)
        self._home.finish(0.0)
        self._has_ended.set()
        if self._keeper.is_alive():
            self._keeper.join(1.0)
        if left:
            log.warning("ended with %d questions unanswered; they are taken up at the next start", left)

    def _keep(self) -> None:
        while True:
            try:
                self._desk.keep()
            except Exception:  # the edge of the thread, without which every claim would be lost within a lease
                log.exception("a fault in keeping what was claimed; it is tried again")
            if self._has_ended.wait(KEEP_EVERY):
                return
