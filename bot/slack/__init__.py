"""The only folder that knows Slack: events come in, one visible outcome goes out for each question.

The way of a question, in its order:
http, socketmode   the two ways in: signed requests to an address of one's own, or a websocket that the bot opens
listeners          Bolt's listeners, which acknowledge what the desk has taken
questions, words   an event → a question, its revision, its withdrawal, or nothing; the words a person typed
desk               claims it before it is acknowledged, and puts it into its channel's lane
lanes, limits      order and pace; how much a person, a channel and the bot may ask, and take
errands            one question's steps to its outcome: admitted, composed, posted or updated, settled; or tried again
admission          who may ask
composing          the archive's reply, the how-to, or an apology; blocks lays it out, citations the line under a quote
posting, finding   the one place from which messages go out; the bot's own message, where nobody knows if it stands
ledger             the records, and what stands in for them while they cannot be used

And what is around it:
features           what the bot does → the events, scopes and methods that it takes
phrases, markup    what the bot says in its own words; Slack's escapes, and what fits
bidi               text that runs from right to left, kept from turning the words around it
connection         tokens, and the client that all calls go through
bot, serving       what runs beside what, from the start to a clean end
"""
