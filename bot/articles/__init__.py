"""Files on a disk → articles: one reader a format, and what they share.

Secret: formats, encodings and metadata. The rest of the house knows an article by its canonical text alone.

**Canonical text** (``Article.text``) is the words a reader sees: decoded, markup and metadata removed, every kind of
line end as ``\\n``, control characters (but tab) dropped. Nothing else is changed: no Unicode normalisation, no quotes
folded, no blanks squeezed, except where markup itself says that blanks mean nothing. Offsets, hashes and "verbatim" are
about this text. Its titles and section headings stay in it, marked.

``reading`` puts an archive together: ``finding`` tells the files, ``plain``, ``markdown``, ``html`` and ``jsonl`` read
one format each into a ``draft``, ``catalogue`` (``archive.toml``) knows better, ``facts`` guards all metadata.
"""
