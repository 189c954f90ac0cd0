"""Cards in the built site, and what isn't one."""

import json
from pathlib import Path

import pytest

from tools.cards import FOLDER, Card, cards
from tools.processes import BuildError

GOOD = (FOLDER / "09-layernorm.toml").read_text(encoding="utf-8")


def test_the_site_has_all_cards_in_their_order_and_not_their_files(site: dict[str, bytes]) -> None:
    published = json.loads(site["code/cards.json"])
    assert published == cards()
    assert [card["id"] for card in published][:2] == ["gelu", "squared-relu"]
    assert len({card["name"] for card in published}) == len(published) == 12
    assert not [name for name in site if name.endswith(".toml")]


@pytest.mark.parametrize("card", cards(), ids=lambda card: card["id"])
def test_a_card_says_in_a_sentence_what_it_is(card: Card) -> None:
    assert card["explains"].endswith(".")
    assert card["explains"].count(". ") == 0
    assert len(card["explains"]) < 120
    assert card["expect"].endswith(".")
    assert all(len(line) <= 100 for edit in card["edits"] for line in edit["after"].split("\n"))
    assert len(card["edits"]) <= 5


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("name = ", "title = ", "A card has name, explains, expect and edits"),
        ('name = "LayerNorm"', 'name = ""', "none of them empty"),
        ("[[edits]]", "[[edits]]\nline = 3", "An edit has file, before, after"),
        ("root mean square; 1e-5", "mean; 1e-5", "which isn't there"),
        ('file = "model.py"', 'file = "models.py"', "no such file"),
        ('file = "model.py"', 'file = "model.py', "line"),
    ],
)
def test_what_is_no_card_ends_the_build(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = GOOD.replace(before, after, 1)
    assert text != GOOD
    (tmp_path / "01-good.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "02-bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=rf"02-bad\.toml: .*{message}"):
        cards(tmp_path)
