"""Which words of the articles are shown."""
