"""Berths, and the ships that lie in them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Berth:
    name: str
    length: float
    depth: float

    def fits(self, length: float, draught: float) -> bool:
        """Whether a ship of that size can lie here at low water."""
        return length <= self.length and draught < self.depth


def free(berths, taken):
    """The berths that nobody lies in, longest first."""
    left = [b for b in berths if b.name not in taken]
    return sorted(left, key=lambda b: b.length, reverse=True)
