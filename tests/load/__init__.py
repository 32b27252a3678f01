"""Load test of a live bot in HTTP mode: ``python -m tests.load``.

The bot, the fake Slack and the load generator are separate processes. The generator keeps to its schedule whatever the
bot does, and every time is counted from when a question was due, so that a slow answer delays no later question.
"""
