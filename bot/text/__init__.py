"""Text analysis that knows nothing of files and indexes.

``analysis`` tokenizes, folds and stems; ``paragraphs`` and ``sentences`` split a text; ``boilerplate`` recognizes
questions and links to other articles; ``fragments`` builds links that open an article at a quote.
"""
