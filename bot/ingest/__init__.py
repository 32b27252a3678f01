"""Reading articles: from files on disk to ``Article`` objects.

``reader`` reads a whole archive; ``files`` finds its files; ``processes`` runs ``parse`` in a child process, which
chooses one of the ``formats``; ``catalog`` reads ``archive.toml``. The other modules are shared by the formats.
"""
