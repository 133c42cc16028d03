"""The ledger: who came, who left, and who still owes."""

import json
from pathlib import Path


class Ledger:
    def __init__(self, path):
        self.path = Path(path)
        self.entries = []
        if self.path.exists():
            self.entries = json.loads(self.path.read_text("utf-8"))

    def arrive(self, ship: str, berth: str) -> None:
        if self.where(ship) is not None:
            raise ValueError(f"{ship} is already in the harbour")
        self.entries.append({"ship": ship, "berth": berth, "left": False})

    def leave(self, ship: str) -> None:
        for entry in reversed(self.entries):
            if entry["ship"] == ship and not entry["left"]:
                entry["left"] = True
                return
        raise ValueError(f"{ship} is not in the harbour")

    def where(self, ship: str):
        for entry in reversed(self.entries):
            if entry["ship"] == ship and not entry["left"]:
                return entry["berth"]
        return None

    def save(self) -> None:
        self.path.write_text(json.dumps(self.entries, indent=1), "utf-8")
