"""What accounts/ can end in."""


class AccountError(ValueError):
    """What was asked for cannot be; the message says why, and `field` names what it is about."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


class AccountsAway(Exception):
    """The accounts' database cannot be used now."""
