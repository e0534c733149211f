"""What is said of a ready-made corpus."""

import math

from charrnn.corpora.catalogue import Entry
from charrnn.corpora.generated import GENERATED
from charrnn.report.say import say


def say_entropy(entry: Entry) -> None:
    """Say the exact entropy of a source that is made here, where it is known."""
    nats = GENERATED[entry.name].entropy_nats_per_character if entry.generated else None
    if nats is not None:
        say(f"{entry.name}: exact entropy {nats:.6f} nats = {nats / math.log(2):.6f} bits per character")
