"""Tests of the fake Slack with slack_sdk, slack_bolt and plain websockets."""
