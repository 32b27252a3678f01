"""Text analysis that knows nothing of files and indexes.

``analysis`` tokenizes, folds and stems, and recognizes questions and links to other articles; ``paragraphs`` and
``sentences`` split a text; ``fragments`` builds links that open an article at a quote.
"""
