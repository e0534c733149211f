"""Numbers and names as a person reads them."""


def counted(number: int, thing: str) -> str:
    """1 step, 1,200 steps."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def epochs_of(number: float, digits: int = 3) -> str:
    """1 epoch, 2.94 epochs, 1,230 epochs: so many digits, and never an exponent of ten."""
    said = f"{float(f'{number:.{digits}g}'):,.12g}"
    return f"{said} epoch{'' if said == '1' else 's'}"


def file_name(path: str) -> str:
    """An input file as it was named on the command line; - is standard input."""
    return "standard input" if path == "-" else path


def symbol_name(level: str) -> str:
    """What a symbol of a vocabulary is: a character, a byte or a word."""
    return {"char": "character"}.get(level, level)


def unit_name(level: str) -> str:
    """What the length of a text is counted in: characters, of words too, or bytes."""
    return "byte" if level == "byte" else "character"
