"""The stand-in Slack, tested with the clients that its users have: slack_sdk, slack_bolt and plain websockets."""
