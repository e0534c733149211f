"""Names of syllables by their script, as lines for `--task classify`: label, tab, text."""

import re
import unicodedata
from functools import cache

FIRST, LAST = 0x1200, 0xD7A3  # from the first Ethiopic to the last Hangul syllable
HANGUL_STEP = 10  # one Hangul syllable in ten, or there would be hardly anything else
COUNT = 2715  # of all lines
_NAME = re.compile("(HANGUL|YI|ETHIOPIC) SYLLABLE ([A-Z]+)")


@cache
def everything() -> list[str]:
    """A line for each name in Unicode, in the order of the characters: script, tab, syllable."""
    lines = []
    for code in range(FIRST, LAST + 1):
        found = _NAME.fullmatch(unicodedata.name(chr(code), ""))
        if found and (found[1] != "HANGUL" or code % HANGUL_STEP == 0):
            lines.append(f"{found[1]}\t{found[2]}".lower())
    return lines
