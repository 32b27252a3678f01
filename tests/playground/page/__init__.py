"""The playground's page, driven in a real browser."""
