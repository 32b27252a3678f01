"""One module per file format, imported by name on first use: ``read(data)`` parses a file's bytes to a ``Draft``.

Where a file may hold several articles, ``read`` returns an ``Entry`` for each. ``jsonl`` differs: a file may be larger
than memory, so its ``read`` takes a path and yields an ``Entry`` per line.
"""
