"""The clock moves forward, wakes who waits, and moves by itself when waits are skipped."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from taproom.local.clock import Clock


def test_it_is_the_real_time_plus_what_it_was_moved():
    clock = Clock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    clock.advance(3600)
    assert timedelta(minutes=59) < clock.now() - datetime.now(UTC) < timedelta(minutes=61)


def test_it_does_not_move_back():
    with pytest.raises(ValueError, match="only moves forward, got -1"):
        Clock().advance(-1)


def test_moving_it_wakes_a_sleeper():
    clock, woken = Clock(), threading.Event()
    sleeper = threading.Thread(target=lambda: (clock.sleep(7 * 24 * 3600), woken.set()), daemon=True)
    sleeper.start()
    clock.advance(6 * 24 * 3600)
    assert not woken.wait(0.05)
    clock.advance(24 * 3600)
    assert woken.wait(5)


def test_skipped_waits_take_no_time_and_move_it():
    clock = Clock(skip_waits=True)
    before, begin = clock.now(), time.monotonic()
    clock.sleep(3600)
    assert time.monotonic() - begin < 1
    assert clock.now() - before >= timedelta(hours=1)


def test_a_sleep_ends_when_its_condition_comes_true():
    clock, enough = Clock(), threading.Event()
    sleeper = threading.Thread(target=clock.sleep, args=(3600, enough.is_set), daemon=True)
    sleeper.start()
    enough.set()
    sleeper.join(5)
    assert not sleeper.is_alive()


def test_waiting_for_a_moment_never_moves_the_clock():
    clock = Clock(skip_waits=True)
    begin = clock.now()
    stopped = threading.Event()
    waiter = threading.Thread(
        target=clock.wait_for, args=(lambda: begin + timedelta(days=7), stopped.is_set), daemon=True
    )
    waiter.start()
    waiter.join(0.05)
    assert waiter.is_alive()
    assert clock.now() - begin < timedelta(minutes=1)
    clock.sleep(8 * 24 * 3600)  # another's wait passes the moment
    waiter.join(5)
    assert not waiter.is_alive()
