from harbour.pilots import may_board


def test_rest():
    assert may_board(10)
    assert not may_board(9.5)
