"""Letters as a visitor types them, as a model knows them, and as they are shown.

A text that has one case only (names.txt has no capital) gives a model that knows one case:
then capital and small letters mean the same. In any other text they differ.
"""

from __future__ import annotations

import re

from microgpt.gpt.corpus import Vocabulary

# The first letter of a word. What follows an apostrophe begins one in O'Neil, not in don't.
_WORD = re.compile(r"(?:(?<=^)|(?<=[\s\-.(/])|(?<=^[^\W\d_]['’])|(?<=[\s\-][^\W\d_]['’]))[^\W\d_]")


def as_known(vocabulary: Vocabulary, text: str) -> str:
    """A text in the case of a model that knows one case only; else as it is."""
    characters = vocabulary.characters
    lower, upper = characters.lower() == characters, characters.upper() == characters
    if lower == upper:  # of both, or of none
        return text
    return "".join(
        other
        if c not in characters and (other := c.lower() if lower else c.upper()) in characters
        else c
        for c in text
    )


def as_written(text: str, how: str) -> str:
    """A text as it is asked for: "as_is", "title" or "upper"."""
    if how == "upper":
        return text.upper()
    if how == "title":
        small = text.lower() if text.isupper() else text
        return _WORD.sub(lambda letter: letter[0].upper(), small)
    return text
