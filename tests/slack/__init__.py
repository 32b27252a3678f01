"""Tests of the Slack bot, most of them against the fake Slack."""
