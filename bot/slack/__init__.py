"""The only folder that knows Slack: events come in, one visible reply goes out for each question.

features    what the bot does → the event it needs → the scopes Slack asks for
questions   an event → a question, small talk, or nothing
blocks      a reply → text and blocks, within Slack's limits; citations holds the line under a quote
phrases     what the bot says in its own words: the how-to and the apologies
posting     the one function that posts
listeners   claim, answer, verify, render, post, settle: a question's whole path through Slack
connection  tokens and the client that all calls go through
serving     the Socket Mode connection, from start to a clean end
"""
