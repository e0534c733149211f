"""Lines of examples, drawn so that none comes twice: what is held out has never been read."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from charrnn.errors import CharrnnError

Lines = Callable[[int, int, Sequence[str]], list[str]]  # count, seed, lines to leave out
IN_VAIN = 10_000  # draws in turn that bring nothing new, after which a source counts as used up


def too_few(name: str, found: int, count: int) -> CharrnnError:
    return CharrnnError(f"{name}: there are {found} different lines, not {count}; ask for fewer")


def bare(lines: Sequence[str]) -> set[str]:
    return {line.removesuffix("\n") for line in lines}


def lines_from(name: str, everything: Callable[[], Sequence[str]]) -> Lines:
    """A maker of lines out of a list of all there are: in random order, each once.

    It raises CharrnnError where there are fewer than are asked for.
    """

    def lines(count: int, seed: int, without: Sequence[str]) -> list[str]:
        there = everything()
        unwanted = bare(without)
        order = np.random.default_rng(seed).permutation(len(there)).tolist()
        found = [there[k] for k in order if there[k] not in unwanted]
        if len(found) < count:
            raise too_few(name, len(found), count)
        return found[:count]

    return lines


def distinct(name: str, draws: Callable[[np.random.Generator], Iterator[str]]) -> Lines:
    """A maker of lines out of a source, endless or not: one that has come before, or is unwanted, is left out.

    As rare lines are still new when frequent ones are used up, the lines are put into random order in the end. It raises
    CharrnnError where nothing new comes, or not for a long time.
    """

    def lines(count: int, seed: int, without: Sequence[str]) -> list[str]:
        random = np.random.default_rng(seed)
        unwanted, found, vain = bare(without), dict[str, None](), 0
        for line in draws(random):
            if len(found) == count:
                break
            vain = vain + 1 if line in found or line in unwanted else 0
            if vain == IN_VAIN:
                break
            if not vain:
                found[line] = None
        if len(found) < count:
            raise too_few(name, len(found), count)
        there = list(found)
        return [there[k] for k in random.permutation(count).tolist()]

    return lines
