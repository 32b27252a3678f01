"""One module per file format, imported by name on first use: ``read(data)`` parses a file's bytes to a ``Draft``.

``jsonl`` differs: a file holds many articles, so its ``read`` takes a path and yields a ``JsonLine`` per line.
"""
