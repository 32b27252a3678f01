"""Reading articles: from files on disk to ``Article`` objects.

``reader`` reads a whole archive; ``files`` finds its files; ``formats`` has a module for each file format; ``catalog``
reads ``archive.toml``; ``encoding`` and ``metadata`` are shared by the formats.
"""
