"""The playground's web page: its server, the actions of its user, and the state that it shows."""
