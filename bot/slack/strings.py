"""Sentences that the bot says to people.

Sentences end with what to do next. None of them claims anything about the archive's contents. ``{reference}`` finds the
error in the log.
"""

# How to ask.
HOW_TO = "Ask a question in plain words. The answer is the archive's own words, quoted with their source."
EXAMPLES = "For example:"
ASK_BY_MENTION = "In a channel: mention @Pullquote. The answer goes into the thread, where everyone can read it."
ASK_BY_MESSAGE = "In a direct message: write in the Messages tab. You don't need to mention the bot."
ASK_BY_COMMAND = "Anywhere: type {command} and your question. Only you see the answer, and you can share it."

# Errors while answering.
ERROR = "An error occurred and this question could not be answered. The details are in the log under {reference}."
UNVERIFIED = (
    "A quote for this question no longer matches the article it cites, so it is not shown. "
    "The details are in the log under {reference}."
)
UNCONFIRMED = "Slack did not confirm that the answer to your question was posted. If you don't see it, ask again."

# Refusals, shown only to the person who asked.
OTHER_CHANNEL = "Questions are not answered in this channel. Ask in a channel that this bot was set up for."
SHARED_CHANNEL = (
    "Questions are not answered in this channel, because it is shared with another organisation. Ask in another one."
)
OTHER_ORGANISATION = "Questions are answered only for people of this bot's own organisation."
OTHER_WORKSPACE = "Questions are answered only for people of the workspaces that this bot was set up for."
GUEST = "Questions are answered only for full members of this workspace, not for guests."
NOT_A_MEMBER = "Pullquote is not in this channel. Invite it with /invite @Pullquote, then click the button again."
CANNOT_POST = (
    "Pullquote is not allowed to post where you asked, so your question was not answered. "
    "Ask in another channel or in a direct message."
)
NOT_SHARED = "Pullquote is not allowed to post in this channel, so nothing was shared. Try another channel."
SHARING_UNKNOWN = (
    "Nothing was shared, because the bot cannot see whether this channel is shared with another organisation. "
    "An administrator must grant it the scopes listed in its Home tab."
)
PERSON_LIMIT = "You've asked {count} questions in a minute, which is the limit. Try again in a moment."
CHANNEL_LIMIT = "This channel has reached its limit of {count} questions in a minute. Try again in a moment."
BUSY = "Too many questions are waiting, so this one was not accepted. Try again in a minute."

LIVE_CHECK = "This message checks whether Pullquote can work here, and is deleted at once."
STARTING = "The archive is still loading. Your question is answered as soon as it is ready."

# In modals.
ARCHIVE_LOADING = "The archive is still loading. Click again in a moment."
ANSWER_NOT_STORED = "The record of this answer is no longer stored. Ask again to see how it is answered now."
STORE_UNAVAILABLE = "Stored answers cannot be read at the moment. Click again later."
UNKNOWN_BUTTON = "This button is from another version of the bot. Ask your question again."
UNKNOWN_USER = "Slack did not confirm who you are. Click again in a moment."
NO_MORE_PASSAGES = "No further passages match enough of the question."
PAGE_NOT_POSTED = "Slack did not accept the further passages. Click again in a moment."
PAGE_SENT = "The page is in your direct messages with Pullquote."
PAGE_NOT_SENT = "Slack did not accept the picture of the page. Click again in a moment."
PAGE_NOT_CONFIRMED = "Slack did not confirm that the picture of the page was posted. If you don't see it, click again."
QUESTION_DELETED = "The question no longer exists. Ask it again."
QUESTION_NOT_READ = "The bot could not read the question in Slack again. Ask it again."
NOTE_NOT_ASKED = "Your rating was saved, but Slack did not open the form for a note."
WHAT_WAS_WRONG = "What was wrong, or what were you looking for?"

# Above the picture of a page.
PAGE_FOLLOWS = "The box on the page marks the quote. The picture is deleted after {hours} hours."
PAGE_BEGINS = (
    "The box on the page marks the quote, which goes on to page {page}. The picture is deleted after {hours} hours."
)

# In the Home tab.
HOME_LOADING = "The archive is still loading. Open this tab again in a moment."
HISTORY_UNAVAILABLE = "Earlier questions cannot be read at the moment. Open this tab again later."
DISABLED_FEATURES = "To turn these on, an administrator must grant the scopes listed here and reinstall the app:"
# For editors.
ALL_GAPS = "From all questions of the last {days} days. The names of the people who asked are not shown."
PUBLIC_GAPS = (
    "From the questions of the last {days} days in channels that are known to be public. "
    "The names of the people who asked are not shown."
)
UNANSWERED = "Questions without an answer:"
UNHELPFUL = "Answers rated as not helpful:"
NO_GAPS = "{title} none."
VOCABULARY_HINT = (
    "If the articles say it in other words, list these in vocabulary.toml beside the articles, as in "
    'pirates = ["piracy"].'
)
