"""Handlers of batches: what they are given, for how long, and what they may answer."""

import gc
from array import array

import pytest

import wsksim


@pytest.fixture
def subsystem():
    with wsksim.Subsystem(seed=7) as made:
        yield made


def test_batch_handlers_get_arrays_in_order(subsystem):
    seen = []

    def batch(contexts, flags):
        assert (contexts.format, flags.format) == ("q", "I")
        seen.append((contexts.tolist(), flags.tolist()))

    fleet = subsystem.connect_many(4, wsksim.batch_handler(batch), contexts=[10, -1, 30, 40])
    fleet.remote.disconnect([0, 0, 1, 0])
    fleet[0].remote.abort()
    subsystem.dispatch()
    assert seen == [([10, -1, 30, 40], [0, 0, 1, 0]), ([10], [1])]
    assert fleet[1].context == -1


def test_a_view_of_a_batch_outlives_the_call(subsystem):
    views = []
    fleet = subsystem.connect_many(3, wsksim.batch_handler(lambda contexts, flags: views.append((contexts, flags))))
    fleet.remote.abort()
    subsystem.dispatch()
    fleet.close()
    gc.collect()
    contexts, flags = views[0]
    assert contexts.tolist() == [0, 1, 2]
    assert flags.tolist() == [1, 1, 1]
    with pytest.raises(TypeError, match="read-only"):
        contexts[0] = 1


@pytest.mark.rule("D-8", "U-22", "E-27")
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda count: [0] * (count - 1) + [0x103], ["it returned 0x00000103 (STATUS_PENDING)"]),
        (lambda count: array("i", [-1073741823] * count), ["it returned 0xC0000001 (STATUS_UNSUCCESSFUL)"]),
        (lambda count: [0], ["it returned 1 statuses for 3 sockets; return None or one status each"]),
        (lambda count: "no", ["it returned 'no'; return None or one status per socket"]),
        (lambda count: 0, []),
    ],
    ids=["one", "all", "short", "text", "zero"],
)
def test_the_answer_of_a_batch_handler_is_checked(subsystem, answer, found):
    handler = wsksim.batch_handler(lambda contexts, flags: answer(len(contexts)))
    subsystem.connect_many(3, handler).remote.disconnect()
    assert subsystem.dispatch() == 3
    assert [finding.found for finding in subsystem.findings] == found
