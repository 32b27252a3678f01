"""The playground: a fake Slack on loopback, with Web API, Socket Mode and signed events."""
