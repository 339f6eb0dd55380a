"""Ranges: sets of shards' numbers, as pairs of the first and the last."""

from collections.abc import Iterable, Sequence

__all__ = ["Ranges", "numbers_of", "ranges_of", "words_of"]

Ranges = tuple[tuple[int, int], ...]

# So many are told by number.
_TOLD = 12


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """The ranges of a set of numbers."""
    made: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if made and made[-1][1] == number - 1:
            made[-1] = (made[-1][0], number)
        else:
            made.append((number, number))
    return tuple(made)


def numbers_of(ranges: Iterable[Sequence[int]]) -> set[int]:
    """The numbers in ranges."""
    return {number for first, last in ranges for number in range(first, last + 1)}


def words_of(ranges: Ranges) -> str:
    """The numbers in words: "3, 5 to 9 and 11"."""
    told = [str(first) if first == last else f"{first} to {last}" for first, last in ranges[:_TOLD]]
    told += [f"{sum(last - first + 1 for first, last in ranges[_TOLD:]):,} more"] if len(ranges) > _TOLD else []
    return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]]))
