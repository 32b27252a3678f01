"""The inspector's buttons: the hard cases of Slack at one's fingertips; keeps secret what the stand-in is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.playground.nouns import Json
from bot.playground.page.act import Act, RefusalError
from bot.playground.server import StandIn


class DeliverAgain(Act):
    """An event once more, as Slack's first retry of it."""

    delivery: int

    def do(self, slack: StandIn) -> Json:
        if not 0 <= self.delivery < len(slack.deliveries):
            raise RefusalError("There was no such delivery.")
        delivery = slack.deliveries[self.delivery]
        slack.deliver(delivery.event, event_id=delivery.event_id, retry=1)
        return {}


class DropConnections(Act):
    """Cut the app's websockets, which it must notice and mend."""

    def do(self, slack: StandIn) -> Json:
        slack.drop_connections()
        return {}


class FailNext(Act):
    """Refuse the next call of ``method`` as Slack does when there are too many."""

    method: Annotated[str, Field(pattern=r"^[A-Za-z.]+$")]
    retry_after: Annotated[int, Field(ge=1, le=60)] = 2

    def do(self, slack: StandIn) -> Json:
        slack.fail_next(self.method, status=429, retry_after=self.retry_after)
        return {}
