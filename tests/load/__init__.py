"""Questions at a steady rate against a live bot in HTTP mode: ``python -m tests.load``.

The bot, the stand-in and the generator are a process each. The generator keeps to its schedule whatever the bot does,
and every time is counted from when a question was due, so that a slow answer delays no question after it.
"""
