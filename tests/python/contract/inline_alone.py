"""Tests of section 12 that state a returned status, or what has happened by the return: they hold for `inline` alone.

Every other one runs under each way of completion, see `harness.contract`.
"""

INLINE_ALONE = frozenset(
    {
        # The status that a call returns, measured on Windows (T-25) or as a rule has it (T-132, T-144, T-150).
        "test_connect_unbound",
        "test_accept_before_and_after_arrival",
        "test_each_request_is_completed_once",
        "test_irps_that_do_not_fit",
        "test_receiving_nothing",
        # PendingReturned of a call that did not pend (T-145).
        "test_irp_of_a_higher_driver_is_marked_pending",
        # A routine that runs inside a call, which another thread's close meets (T-129), or a wait (T-160).
        "test_misuse_around_the_close_raises",
        "test_every_kind_knows_inside_which_callback_it_is",
        # A request whose result is read without driving (T-102, T-103).
        "test_indication_waits_for_the_routine_that_yields_the_socket",
        "test_indication_waits_for_the_accept_event",
    }
)
