"""The methods that show things besides messages: ``views.*`` and ``assistant.threads.*``; keeps secret their rules."""

from __future__ import annotations

from bot.playground import limits
from bot.playground.methods import Arguments, Context, Method
from bot.playground.nouns import Json
from bot.playground.validation import RefusedError, checked_view, invalid_arguments


def open_view(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.open."""
    trigger = arguments.required("trigger_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.surfaces.open(trigger, view)}


def push_view(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.push."""
    trigger = arguments.required("trigger_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.surfaces.push(trigger, view)}


def update_view(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.update."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.surfaces.update(view_id, external_id, arguments.text("hash"), view)}


def publish_view(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.publish."""
    user = arguments.required("user_id")
    try:
        context.workspace.user(user)
    except KeyError:
        raise invalid_arguments("user not found [json-pointer:/user_id]") from None
    view = checked_view(arguments.structure("view"), "home")
    return {"view": context.surfaces.publish(user, arguments.text("hash"), view)}


def set_status(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/assistant.threads.setStatus."""
    channel = context.channel(arguments.required("channel_id")).id
    thread_ts = arguments.required("thread_ts")
    if not context.workspace.thread(channel, thread_ts):
        raise RefusedError("thread_not_found")
    if len(arguments.structure("loading_messages") or []) > limits.LOADING_MESSAGES:
        raise invalid_arguments("no more than 10 items allowed [json-pointer:/loading_messages]")
    context.surfaces.set_status(channel, thread_ts, arguments.text("status"))
    return {}


def set_suggested_prompts(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts."""
    channel = context.channel(arguments.required("channel_id")).id
    prompts = arguments.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= limits.SUGGESTED_PROMPTS:
        raise invalid_arguments("must have 1 to 4 items [json-pointer:/prompts]")
    if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
        raise invalid_arguments("must have a title and a message each [json-pointer:/prompts]")
    context.surfaces.suggest(channel, {"title": arguments.text("title"), "prompts": prompts})
    return {}


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish_view),
    # chat:write has sufficed for the status since 2026-03; assistant:write is to stop working for it
    "assistant.threads.setStatus": Method(set_status, ("chat:write", "assistant:write")),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, ("assistant:write",)),
}
