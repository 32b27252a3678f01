"""The Slack bot: events in, replies out."""
