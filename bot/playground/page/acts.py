"""Everything that can be done on the page, by the name under which the page asks for it; keeps nothing secret."""

from __future__ import annotations

from bot.playground.page import inspecting, talking, using
from bot.playground.page.act import Act

ACTS: dict[str, type[Act]] = {
    "say": talking.Say,
    "attach": talking.Attach,
    "forward": talking.Forward,
    "edit": talking.Edit,
    "delete": talking.Delete,
    "dismiss": talking.Dismiss,
    "react": talking.React,
    "press": using.Press,
    "press-in-view": using.PressInView,
    "submit": using.Submit,
    "close": using.Close,
    "use-shortcut": using.UseShortcut,
    "use-global-shortcut": using.UseGlobalShortcut,
    "run-command": using.RunCommand,
    "open-tab": using.OpenTab,
    "deliver-again": inspecting.DeliverAgain,
    "drop-connections": inspecting.DropConnections,
    "fail-next": inspecting.FailNext,
}
