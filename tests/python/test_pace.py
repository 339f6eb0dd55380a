"""When events of a replay are due, with a clock that the test owns."""

import pytest

from wsksim.runs.pace import Pace, read_speed


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def pace(speed):
    clock = Clock()
    return Pace(speed, clock=lambda: clock.now, sleep=clock.sleep), clock


def test_first_event_is_instant_zero():
    one, clock = pace(1.0)
    one.wait(1_795_171_667_000_000_000)
    assert clock.slept == []


def test_first_packet_is_instant_zero_where_it_is_told():
    one, clock = pace(1.0)
    one.begin(1_000_000_000)
    one.begin(7_000_000_000)
    one.wait(3_000_000_000)
    assert clock.now == pytest.approx(102)


def test_factor_divides_the_distance():
    one, clock = pace(10.0)
    one.wait(0)
    one.wait(5_000_000_000)
    assert clock.now == pytest.approx(100.5)


def test_event_in_the_past_is_due_at_once():
    one, clock = pace(1.0)
    one.wait(5_000_000_000)
    one.wait(1_000_000_000)
    assert clock.slept == []
    assert one.remaining_s(5_000_000_000) == 0


def test_instant_far_away_is_waited_for_in_slices():
    one, clock = pace(1.0)
    one.wait(0)
    one.wait(3_600_000_000_000)
    assert clock.now == pytest.approx(3700)
    assert max(clock.slept) <= 1


@pytest.mark.parametrize(("text", "factor"), [("max", None), ("real", 1.0), ("10x", 10.0), ("0.5", 0.5), (3, 3.0)])
def test_speed_is_read(text, factor):
    assert read_speed(text) == factor


@pytest.mark.parametrize("text", ["", "x", "fast", "-1", "0", "nan", "inf", 0, -2.0, True, None])
def test_speed_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="speed: asked for"):
        read_speed(text)
