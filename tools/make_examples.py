"""Makes the built-in examples in web/examples/: public-domain facts, arithmetic, a poet, rules.

Run by hand, when an example is to change: `python -m tools.make_examples` with the
packages names 0.3.0 (US Census Bureau, first names of the 1990 census), tzdata 2025.2
(IANA time zone database) and prosodic 3.10.0 (corpora; of those only Shakespeare's
sonnets, 1609) installed. What it writes is committed, because the sources are large and
the examples are small. A recipe's link names an example and is followed only on the very
same text: a changed one should get a new name. Not about what the page says of them and
with which settings each is trained: see web/examples/index.json.
"""

from __future__ import annotations

import zoneinfo
from importlib.metadata import distribution
from importlib.resources import files
from itertools import product
from pathlib import Path

from tools.made_up import fantasy_names, monster_names, statements
from tools.places import WEB

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ROMAN = [
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
]


def first_names() -> list[str]:
    """All first names of the 1990 census, the commonest first, each once."""
    shares: dict[str, float] = {}
    for file in ("dist.female.first", "dist.male.first"):
        for line in (files("names") / file).read_text().splitlines():
            name, share, *_ = line.split()
            shares[name.lower()] = shares.get(name.lower(), 0.0) + float(share)
    return sorted(shares, key=lambda name: (-shares[name], name))


def places() -> list[str]:
    """The towns, islands and regions that time zones are named after."""
    names = set()
    for zone in zoneinfo.available_timezones():
        area, _, place = zone.rpartition("/")
        named_after_a_place = area.split("/")[0] in {
            *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia"),
            *("Europe", "Indian", "Pacific"),
        }
        if named_after_a_place and not place.isupper():
            names.add(place.replace("_", " ").lower())
    return sorted(names)


def sonnets() -> list[str]:
    """The lines of Shakespeare's 154 sonnets, in small letters, which are learned sooner."""
    # In site-packages, but not as a package.
    file = distribution("prosodic").locate_file("corpora/corppoetry_en/en.shakespeare.txt")
    text = Path(str(file)).read_text(encoding="utf-8")
    # The gap is where the first edition has a misprint; dashes are typed in two ways.
    text = text.replace("[ ] ", "").replace(",—", ",").replace("—", "-")
    return [line.strip().lower() for line in text.splitlines() if line.strip()]


def roman_numerals() -> list[str]:
    """1 to 3,999."""
    return [_roman(number) for number in range(1, 4000)]


def number_words() -> list[str]:
    """0 to 999 in English."""
    return [_words(number) for number in range(1000)]


def sums() -> list[str]:
    """Every sum of two numbers below 100, digits of the result last to first.

    Written backwards, because carrying goes from right to left and so does
    nobody's reading, a small model's least of all.
    """
    return [f"{a}+{b}={str(a + b)[::-1]}" for a, b in product(range(100), repeat=2)]


def _roman(number: int) -> str:
    text = ""
    for value, letters in ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _words(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        return f"{ONES[hundreds]} hundred" + (f" {_words(rest)}" if rest else "")
    if number < len(ONES):
        return ONES[number]
    tens, ones = divmod(number, 10)
    return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")


MAKERS = (
    *(first_names, places, sonnets, fantasy_names, monster_names),
    *(roman_numerals, number_words, sums, statements),
)


if __name__ == "__main__":
    for make in MAKERS:
        lines = "\n".join(make()) + "\n"
        file = WEB / "examples" / f"{make.__name__.replace('_', '-')}.txt"
        file.write_text(lines, encoding="utf-8", newline="\n")
