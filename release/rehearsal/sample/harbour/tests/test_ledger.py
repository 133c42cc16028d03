import pytest

from harbour.ledger import Ledger


def test_arrive_and_leave(tmp_path):
    ledger = Ledger(tmp_path / "ledger.json")
    ledger.arrive("Elbe 1", "north 1")
    assert ledger.where("Elbe 1") == "north 1"
    ledger.leave("Elbe 1")
    assert ledger.where("Elbe 1") is None


def test_no_ship_arrives_twice(tmp_path):
    ledger = Ledger(tmp_path / "ledger.json")
    ledger.arrive("Elbe 1", "north 1")
    with pytest.raises(ValueError):
        ledger.arrive("Elbe 1", "north 2")
