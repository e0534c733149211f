"""Progress lines on standard error, shown only where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bytes_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress line for `total` bytes; the callback it gives takes the number of bytes done so far."""
    from tqdm import tqdm

    # disable=None: tqdm keeps silent where the file is no terminal
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:
        yield lambda done: bar.update(done - bar.n)
