"""A stand-in for Slack on one machine's loopback: the workspace, its Web API and its events, as strict as Slack is."""
