"""The ledger of a port."""

__version__ = "@VERSION@"
