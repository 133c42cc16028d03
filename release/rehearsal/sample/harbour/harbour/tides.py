"""Tides, to the minute that a harbour master needs."""

import math

PERIOD = 12 * 60 + 25  # minutes from one high water to the next


def level(minutes_since_high: int, low: float, high: float) -> float:
    """The height of the water in metres."""
    share = (1 + math.cos(2 * math.pi * minutes_since_high / PERIOD)) / 2
    return low + (high - low) * share


def next_high(minutes_since_high: int) -> int:
    """Minutes until the next high water."""
    return -minutes_since_high % PERIOD
