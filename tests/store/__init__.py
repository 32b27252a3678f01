"""The delivery ledger, as its users and its neighbours on the same host meet it."""
