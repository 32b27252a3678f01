"""Slack's limits as Slack states them, each with its source; keeps secret nothing, and is shared with nobody.

The bot keeps its own numbers: were both to read one table, a wrong number in it would go unnoticed. The paths are below
docs.slack.dev; "seen" is what people measured where Slack states nothing.
"""

from __future__ import annotations

# A message
MESSAGE_BLOCKS = 50  # /reference/block-kit/blocks
MESSAGE_TEXT = 40_000  # /reference/methods/chat.postMessage: longer text is cut, with the warning message_truncated
UPDATE_TEXT = 4_000  # /reference/methods/chat.update: longer text is refused, seen as msg_too_long
MARKDOWN_TEXT = 12_000  # /reference/block-kit/blocks/markdown-block: of all markdown blocks of a message together
BLOCKS_TEXT = 11_340  # stated nowhere; msg_blocks_too_long was seen at 11,341 characters: slackapi/bolt-js#2867
METADATA_BYTES = 8_000  # /messaging/message-metadata: "a maximum of 8 KB"

# Blocks: /reference/block-kit/blocks/…
BLOCK_ID = 255  # …/section-block
SECTION_FIELDS = 10  # …/section-block
FIELD_TEXT = 2_000  # …/section-block
HEADER_TEXT = 150  # …/header-block
CONTEXT_ELEMENTS = 10  # …/context-block
ACTIONS_ELEMENTS = 25  # …/actions-block
CONTEXT_ACTIONS_ELEMENTS = 5  # …/context-actions-block
IMAGE_URL = 3_000  # …/image-block
IMAGE_TEXT = 2_000  # …/image-block: title and alt_text
INPUT_LABEL = 2_000  # …/input-block: label and hint

# Elements: /reference/block-kit/block-elements/…
ACTION_ID = 255  # …/button-element
BUTTON_TEXT = 75  # …/button-element
BUTTON_VALUE = 2_000  # …/button-element
BUTTON_URL = 3_000  # …/button-element
OVERFLOW_OPTIONS = 5  # …/overflow-menu-element
SELECT_OPTIONS = 100  # …/select-menu-element
CHOICES = 10  # …/checkboxes-element, …/radio-button-group-element
PLACEHOLDER = 150  # …/select-menu-element
INPUT_TEXT = 3_000  # …/plain-text-input-element

# Composition objects: /reference/block-kit/composition-objects/…
TEXT_OBJECT = 3_000  # …/text-object; a section and a context have no limit of their own below it
OPTION_TEXT = 75  # …/option-object: text and description
OPTION_VALUE = 150  # …/option-object
CONFIRM_TITLE = 100  # …/confirmation-dialog-object
CONFIRM_TEXT = 300  # …/confirmation-dialog-object
CONFIRM_BUTTON = 30  # …/confirmation-dialog-object: confirm and deny

# Views: /reference/views
VIEW_BLOCKS = 100
VIEW_TITLE = 24  # also submit and close
VIEW_METADATA = 3_000
MODALS = 3  # of one person on top of each other
CALLBACK_ID = 255
TRIGGER_SECONDS = 3.0  # /interactivity/handling-user-interaction: how long a trigger_id lives

# Interactivity: /interactivity/handling-user-interaction
RESPONSES = 5  # to one response_url
RESPONSE_SECONDS = 1_800  # how long a response_url is taken

# Assistants: /reference/methods/assistant.threads.…
SUGGESTED_PROMPTS = 4  # …setSuggestedPrompts
LOADING_MESSAGES = 10  # …setStatus

# Delivery: /apis/events-api
ACK_SECONDS = 3.0  # a later acknowledgement counts as none
RETRY_AFTER_SECONDS = (0.0, 60.0, 300.0)  # "nearly immediately", after 1 minute, after 5 minutes
SOCKET_CONNECTIONS = 10  # /apis/events-api/using-socket-mode

# Pace: /apis/web-api/rate-limits
POSTS_PER_SECOND = 1.0  # chat.postMessage in one channel; "short bursts" are allowed, of a size stated nowhere
POSTS_BURST = 3

# Reading: /reference/methods/conversations.history, …replies
PAGE = 100  # messages on a page unless told
LARGEST_PAGE = 999
