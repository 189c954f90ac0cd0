"""What is changed in a text before it is learned, if that is asked for; and what is counted.

Unicode's form NFC is the only change that is made unasked: it makes one character of a
letter and its accent, however they were typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Generator, Iterable

from microgpt.texts.documents import blocks

_SAMPLES = 64
_SAMPLE = 1_000  # characters of each
_MARGIN = 4  # characters more than are wanted, for those that a sample takes to be rarer
_AT_A_TIME = 1_000_000  # characters
_FEW = 300  # characters that are counted one by one
_LONGEST_RUN = 100  # marks on a letter: putting many in their order takes the square of the time

# A character that belongs to the one before: marks, and how an emoji is to look.
_JOINER = "\u200d"
_LOOKS = "\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FLAGS = "\U0001f1e6-\U0001f1ff"
_MOST_CLUSTERS = 1_000  # different ones that are counted


def distinct(text: str) -> set[str]:
    """The characters of a text; quicker than a set of it, of which most are the same."""
    known = set(_sample(text))
    if text.isascii():
        rest = text.encode().translate(None, "".join(known).encode()).decode()
        return known | set(rest)
    return known | set("".join(re.findall(f"{_none_of(known)}+", text)))


def _none_of(characters: Iterable[str]) -> str:
    return f"[^{''.join(map(re.escape, sorted(characters)))}]"


def rarest(
    text: str, characters: Iterable[str], most: int
) -> Generator[float, None, list[tuple[str, int]]]:
    """The rarest characters but the line end and how often each occurs, the rarest first.

    On the way, the share that is done. Of a long text a sample tells which are looked at.
    """
    few = sorted(set(characters) - {"\n"})
    if len(few) <= _FEW:
        some = Counter(_sample(text))
        few.sort(key=lambda c: some[c])
        few, others = few[: most + _MARGIN], few[most + _MARGIN :]
        if text.isascii():  # most of a text is its few frequent characters: quickly gone
            text = text.encode().translate(None, "".join(others).encode()).decode()
            yield 0.2
        counts: Counter[str] = Counter()
        for done, character in enumerate(few):
            counts[character] = text.count(character)
            yield 0.2 + 0.8 * done / len(few)
    else:
        counts = yield from _counts(text)
    return sorted(((c, counts[c]) for c in few), key=lambda pair: pair[1])[:most]


def _sample(text: str) -> str:
    """Parts of a text, from all over it; the whole if it is short."""
    step = len(text) // _SAMPLES
    if step <= _SAMPLE:
        return text
    return "".join(text[i : i + _SAMPLE] for i in range(0, len(text), step))


def _counts(text: str) -> Generator[float, None, Counter[str]]:
    """How often each character occurs."""
    counts: Counter[str] = Counter()
    for begin in range(0, len(text), _AT_A_TIME):
        counts.update(text[begin : begin + _AT_A_TIME])
        yield begin / len(text)
    return counts


def normalized(text: str) -> Generator[float, None, tuple[str, int]]:
    """A text in form NFC, and how many characters that has changed, or -1 if it can't be done.

    A letter with its marks counts as one. On the way, the share that is done.
    """
    if text.isascii():
        return text, 0
    characters = sorted(distinct(text))
    marks = "".join(c for c in characters if unicodedata.combining(c) or _joins(c))
    others = "".join(c for c in characters if unicodedata.normalize("NFC", c) != c)
    if not marks and not others:
        return text, 0
    if marks and re.search(f"[{re.escape(marks)}]{{{_LONGEST_RUN}}}", text):
        return text, -1
    parts = [f".[{re.escape(marks)}]+"] if marks else []
    parts += [f"[{re.escape(others)}]"] if others else []
    pattern = re.compile("|".join(parts))
    found: Counter[str] = Counter()
    made = []
    for block, share in blocks(text):
        found.update(pattern.findall(block))
        made.append(unicodedata.normalize("NFC", block))
        yield share
    changed = sum(n for part, n in found.items() if unicodedata.normalize("NFC", part) != part)
    whole = "\n".join(made) + ("\n" if text.endswith("\n") else "")
    return whole, max(changed, int(whole != text))


def _joins(character: str) -> bool:
    """Whether it is a part of a Korean syllable that follows another."""
    return "\u1160" <= character <= "\u11ff"


def most_frequent(
    text: str, most: int, replacement: str
) -> Generator[float, None, tuple[str, int, int]]:
    """A text with its most frequent characters only; line ends stay.

    On the way, the share that is done.

    Returns:
        The text, how many characters others stood in it, and how many different ones.
    """
    counts = yield from _counts(text)
    del counts["\n"]
    # The most frequent first, then in the order of their code: so it is always the same.
    order = sorted(counts, key=lambda c: (-counts[c], c))
    rare = order[most:]
    if not rare:
        return text, 0, 0
    gone = sum(counts[c] for c in rare)
    pattern = re.compile(f"[{''.join(map(re.escape, rare))}]")
    literal = replacement.replace("\\", "\\\\")
    made = []
    for block, share in blocks(text):
        made.append(pattern.sub(literal, block))
        yield share
    return "\n".join(made), gone, len(rare)


def clusters(text: str, characters: Iterable[str]) -> list[str]:
    """Different things that a reader takes for one character, and Unicode has no code for.

    Letters with marks that can't be put together, emoji with joiners, flags. So many at most
    as are worth counting; the commonest first.
    """
    extends = [c for c in sorted(characters) if unicodedata.category(c)[0] == "M" or c in _LOOKS]
    joined = _JOINER in characters
    flags = any("\U0001f1e6" <= c <= "\U0001f1ff" for c in characters)
    if not extends and not joined and not flags:
        return []
    marks = f"[{''.join(map(re.escape, extends))}]" if extends else "(?!)"
    unit = rf"[^\s{_JOINER}]{marks}*"
    pattern = rf"[{_FLAGS}]{{2}}|[^\s{_JOINER}]{marks}*(?:{_JOINER}{unit})+|[^\s{_JOINER}]{marks}+"
    found = Counter(re.findall(pattern, text))
    return [cluster for cluster, _ in found.most_common(_MOST_CLUSTERS)]
