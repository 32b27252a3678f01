"""The first tables. A new database gets the newest ones from the schema, so there is nothing to do here."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Leave the tables as they are."""
