from harbour.berths import Berth, free


def test_fits():
    berth = Berth("north 1", length=80, depth=6.5)
    assert berth.fits(79.5, 6)
    assert not berth.fits(79.5, 6.5)


def test_free_is_longest_first():
    berths = [Berth("a", 20, 3), Berth("b", 60, 4), Berth("c", 40, 4)]
    assert [b.name for b in free(berths, {"c"})] == ["b", "a"]
