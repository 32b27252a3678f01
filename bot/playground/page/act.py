"""What a person does on the page: the models' common ground; keeps secret nothing but how an outcome is worded."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.playground.interactivity import Outcome
from bot.playground.nouns import Json, Message
from bot.playground.server import StandIn

_SAID = {
    "invalid_command": "is not a command of the app’s.",
    "timeout": "did not answer within 3 seconds.",
    "http_timeout": "did not answer within 3 seconds.",
    "connection_failed": "is not connected.",
    "invalid_errors": "complained about something that is no input.",
    "push_limit_reached": "tried to stack more than three modals.",
}

# As long as a message that Slack's own composer takes
_LONGEST = 12_000
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST, pattern=r"\S")]
TextOrNone = Annotated[str, Field(max_length=_LONGEST)]


class RefusalError(Exception):
    """What a person tried is not possible; ``str(error)`` is a sentence that says why."""


class Act(BaseModel):
    """Something that ``viewer``, a user's id, does."""

    model_config = ConfigDict(extra="forbid")

    viewer: str

    def do(self, slack: StandIn) -> Json:
        """Do it; returns what the page should know, or raises RefusalError or KeyError."""
        raise NotImplementedError

    def place(self, slack: StandIn, channel: str) -> str:
        if self.viewer not in slack.workspace.channel(channel).members:
            raise RefusalError("You are not in this conversation.")
        return channel


class OnMessage(Act):
    channel: str
    ts: str

    def message(self, slack: StandIn) -> Message:
        self.place(slack, self.channel)
        for message in slack.workspace.ephemerals(self.viewer):
            if (message.channel, message.ts) == (self.channel, self.ts):
                return message
        return slack.workspace.message(self.channel, self.ts)


def told(slack: StandIn, outcome: Outcome) -> Json:
    """What the page shows of an outcome: a sentence when the app did not do its part, and what is wrong with inputs."""
    if outcome.failure is None:
        return {"errors": outcome.errors}
    name = "This" if outcome.failure == "invalid_command" else slack.workspace.bot.name
    said = _SAID.get(outcome.failure, f"answered with something that Slack refuses ({outcome.failure}).")
    return {"failure": f"{name} {said}", "errors": {}}
