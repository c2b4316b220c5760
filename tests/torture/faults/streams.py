"""Streams and tasks cut off at random, by the provider and by the caller."""

from __future__ import annotations

from tests.torture import asking
from tests.torture.place import Place
from tests.torture.trial import Trial

__all__ = ["ROWS"]

CUTS = tuple(way for way in asking.ROUGH if way.leaves or way.model in {"cut", "stall"})
EACH = 25


def cut_streams(place: Place) -> None:
    """Twenty-five calls, each of which is cut off somewhere; in threads or in tasks."""
    place.begin()
    tasks = bool(place.seed % 2)
    place.wait_all(place.ask("w", threads=5, calls=EACH // 5, ways=CUTS, tasks=tasks))
    place.check()


ROWS = (
    Trial(
        "cut-streams",
        f"{EACH} calls a round, cut off at random: by the provider in the middle of a body or a stream, by a limit, "
        "by `break`, an exception, a dropped stream, a cancelled task",
        "one record each, with the end that the caller saw",
        cut_streams,
        rounds=20,
        short=1,
    ),
)
