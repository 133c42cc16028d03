"""Pilots, and the hours that they may work."""

REST = 10  # hours between two shifts


def may_board(hours_since_shift: float) -> bool:
    """Whether a pilot has rested long enough."""
    return hours_since_shift >= REST
