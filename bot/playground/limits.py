"""Slack's limits, each with its source: a path below docs.slack.dev, or where it was observed.

The bot has its own copy of the limits it needs: a wrong number in a shared table would go unnoticed.
"""

from __future__ import annotations

# A message
MESSAGE_BLOCKS = 50  # /reference/block-kit/blocks
MESSAGE_TEXT = 40_000  # /reference/methods/chat.postMessage: longer text is cut, with the warning message_truncated
UPDATE_TEXT = 4_000  # /reference/methods/chat.update: longer text is refused, observed as msg_too_long
BLOCKS_TEXT = 11_340  # undocumented; msg_blocks_too_long was observed at 11,341 characters: slackapi/bolt-js#2867
METADATA_BYTES = 8_000  # /messaging/message-metadata: "a maximum of 8 KB"

# Blocks: /reference/block-kit/blocks/…
BLOCK_ID = 255  # …/section-block
HEADER_TEXT = 150  # …/header-block
CONTEXT_ELEMENTS = 10  # …/context-block
ACTIONS_ELEMENTS = 25  # …/actions-block
CONTEXT_ACTIONS_ELEMENTS = 5  # …/context-actions-block
INPUT_LABEL = 2_000  # …/input-block: label and hint

# Elements: /reference/block-kit/block-elements/…
ACTION_ID = 255  # …/button-element
BUTTON_TEXT = 75  # …/button-element
BUTTON_VALUE = 2_000  # …/button-element
LINK_URL = 3_000  # …/rich-text-block states none: the limit of a button
OVERFLOW_OPTIONS = 5  # …/overflow-menu-element
PLACEHOLDER = 150  # …/select-menu-element
INPUT_TEXT = 3_000  # …/plain-text-input-element

# Composition objects: /reference/block-kit/composition-objects/…
TEXT_OBJECT = 3_000  # …/text-object; a section and a context have no limit of their own below it
OPTION_TEXT = 75  # …/option-object
OPTION_VALUE = 150  # …/option-object

# Views: /reference/views
VIEW_BLOCKS = 100
VIEW_TITLE = 24  # also submit and close
VIEW_METADATA = 3_000
MODALS = 3  # in one person's stack
CALLBACK_ID = 255
TRIGGER_SECONDS = 3.0  # /interactivity/handling-user-interaction: lifetime of a trigger_id

# Interactivity: /interactivity/handling-user-interaction
RESPONSES = 5  # to one response_url
RESPONSE_SECONDS = 1_800  # lifetime of a response_url

# Assistants: /reference/methods/assistant.threads.…
SUGGESTED_PROMPTS = 4  # …setSuggestedPrompts

# Delivery: /apis/events-api
ACK_SECONDS = 3.0  # a later acknowledgement does not count
RETRY_AFTER_SECONDS = (0.0, 60.0, 300.0)  # "nearly immediately", after 1 minute, after 5 minutes
SOCKET_CONNECTIONS = 10  # /apis/events-api/using-socket-mode

# Rate limits: /apis/web-api/rate-limits
POSTS_PER_SECOND = 1.0  # chat.postMessage in one channel; "short bursts" are allowed, their size is undocumented
POSTS_BURST = 3

# Reading: /reference/methods/conversations.history, …replies
PAGE = 100  # messages on a page by default
LARGEST_PAGE = 999
