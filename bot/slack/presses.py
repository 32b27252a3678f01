"""A press on something that a message or a window offers, as Slack tells of it.

Keeps secret the shapes in which it does.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class Id(BaseModel):
    """Something that Slack names by its id."""

    id: str


class User(Id):
    """Whoever pressed, and the workspace they belong to."""

    team_id: str | None = None


class Chosen(BaseModel):
    """What was chosen in a menu."""

    value: str


class Action(BaseModel):
    """What was pressed, or chosen from."""

    action_id: str
    value: str = ""
    selected_option: Chosen | None = None

    @property
    def chosen(self) -> str:
        """The value of what was chosen, empty for nothing."""
        return self.selected_option.value if self.selected_option else ""


class Entered(BaseModel):
    """What was typed into one input."""

    value: str | None = None


class State(BaseModel):
    """What was entered, by block and by input."""

    values: dict[str, dict[str, Entered]] = Field(default_factory=dict)


class View(Id):
    """The modal in which it was done."""

    callback_id: str = ""
    private_metadata: str = ""
    state: State = Field(default_factory=State)


class Container(BaseModel):
    """Where it was done; the time of a message, empty for a modal."""

    message_ts: str = ""


class Press(BaseModel):
    """The fields of an interaction that are read; Slack sends many more."""

    trigger_id: str
    user: User
    enterprise: Id | None = None
    container: Container = Field(default_factory=Container)
    view: View | None = None
    actions: list[Action] = Field(default_factory=list)
