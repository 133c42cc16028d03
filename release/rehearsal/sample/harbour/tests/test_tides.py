from harbour.tides import PERIOD, level, next_high


def test_high_and_low_water():
    assert level(0, 1.0, 4.0) == 4.0
    assert abs(level(PERIOD // 2, 1.0, 4.0) - 1.0) < 0.01


def test_next_high():
    assert next_high(0) == 0
    assert next_high(PERIOD - 5) == 5
