"""The only folder that knows Slack: events come in, one visible outcome goes out for each question.

The way of a question, in its order:
http, socketmode   the two ways in: signed requests to an address of one's own, or a websocket that the bot opens
listeners          Bolt's listeners, which acknowledge what the desk has taken
questions          an event → a question, its revision, its withdrawal, or nothing; messages are Slack's shapes of them
words, unread      the words a person typed, and what else there was; followups: is it a question to nobody
threads            with which questions before it a question goes on
commands           the same for what is no message: a command, a shortcut, a press to share, coming into a channel
desk               claims it before it is acknowledged, and puts it into its channel's lane
lanes, limits      order and pace; how much a person, a channel and the bot may ask, and take
errands            one question's steps to its outcome: admitted, composed, posted or updated, settled; or tried again
admission          who may ask
composing          the archive's reply, the how-to, or an apology; blocks lays it out, citations the line under a quote
sharing            what stands around a private answer that can be shared, and around one that is
posting, finding   the one place from which messages go out; the bot's own message, where nobody knows if it stands
ledger             the records, and what stands in for them while they cannot be used

What follows upon a reply, when somebody presses one of its buttons:
controls           the buttons below a reply; references are what they name: quotes and questions, by ids alone
presses            the shapes in which Slack tells of them
actions            takes presses, beside the questions, and answers each with a window or in the reply's own place
explaining         how a reply came about, from what is kept of it, and whether its quotes still hold
modals, paging     a quote among its neighbours, what was wrong; further passages for a question that is read again

And what is around it:
home               the Home tab, and questions to begin with in the tab Messages
holdings, history  its parts: what the archive holds; what a person asked, and to editors what the archive lacks
features           what the bot does → the events, scopes and methods that it takes
phrases, markup    what the bot says in its own words; Slack's escapes, and what fits
bidi               text that runs from right to left, kept from turning the words around it
connection         tokens, and the client that all calls go through
bot, serving       what runs beside what, from the start to a clean end
"""
