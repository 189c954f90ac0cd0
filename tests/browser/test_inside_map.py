"""The parts Letters and Weights of the view Inside: what they say is so, at every step."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from browser.conftest import open_view, set_number, violations, wait_for_state


def part(page: Page, name: str) -> Locator:
    open_view(page, "Inside")
    page.get_by_role("tab", name=name).click()
    panel = page.get_by_role("tabpanel", name=name)
    expect(panel).to_be_visible()
    return panel


def file(page: Page, panel: Locator, button: str, folder: Path) -> str:
    with page.expect_download() as download:
        panel.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_text()


def numbers(text: str, begin: int) -> tuple[list[str], NDArray[np.float64]]:
    """A table's first column, and its numbers from a column on."""
    _, *rows = csv.reader(io.StringIO(text))
    return [row[0] for row in rows], np.array([list(map(float, row[begin:])) for row in rows])


def show_step(page: Page, index: int) -> None:
    """One of the kept steps; below 0, from the last."""
    slider = page.get_by_role("slider", name="Step shown")
    most = int(slider.get_attribute("max") or 0)
    slider.fill(str(index if index >= 0 else most + 1 + index))


def test_the_letter_map(compiled: Page, tmp_path: Path) -> None:
    page = compiled
    # The embeddings themselves, from the part beside.
    weights = part(page, "Weights")
    expect(weights.locator("canvas[data-name=wte]")).to_have_attribute("style", re.compile("width"))
    tokens, rows = numbers(file(page, weights, "CSV of the table: wte", tmp_path), 1)

    letters = part(page, "Letters")
    picture = letters.get_by_role("img", name="The letters' embeddings (wte)")
    expect(picture).to_be_visible()
    names, told = numbers(file(page, letters, "CSV of the table: letter-map", tmp_path), 2)
    assert names == tokens == [*"abcdefghijklmnopqrstuvwxyz", "BOS"]
    u, s, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    assert np.abs(told[:, :2]) == pytest.approx(np.abs((u * s)[:, :2]), abs=1e-6)
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    assert told[:, 2:] == pytest.approx(distances)
    shares = [round(100 * share) for share in (s**2 / (s**2).sum())[:2]]
    expect(letters).to_contain_text(
        f"The two axes explain {shares[0]} % and {shares[1]} % of the variance."
    )
    expect(letters).to_contain_text("Vowels and consonants: found.")

    readout = letters.get_by_role("status")
    expect(readout).to_be_empty()

    def told_of(letter: str, kind: str) -> None:
        at = names.index(letter)
        order = [i for i in np.argsort(distances[at]) if i != at]
        *near, farthest = (f"{names[i]} {distances[at, i]:#.4g}" for i in [*order[:3], order[-1]])
        words = f"{letter}{kind}: nearest {', '.join(near)}; farthest {farthest}."
        expect(readout).to_have_text(words)
        expect(picture.locator(".lines line")).to_have_count(3)
        marked = picture.locator(".label.near").all_text_contents()
        assert set(marked) == {names[i] for i in order[:3]}
        assert picture.locator(".label.at").text_content() == letter

    picture.locator(".label").filter(has_text=re.compile("^t$")).hover()
    told_of("t", " (consonant)")
    page.mouse.move(0, 0)
    expect(readout).to_be_empty()
    expect(picture.locator(".lines line")).to_have_count(0)
    picture.focus()
    page.keyboard.press("Home")
    told_of("a", " (vowel)")
    page.keyboard.press("ArrowRight")
    told_of("b", " (consonant)")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    told_of("a", " (vowel)")
    page.keyboard.press("y")
    told_of("y", "")
    page.keyboard.press("End")
    told_of("BOS", "")
    page.keyboard.press("Escape")
    expect(readout).to_be_empty()

    letters.get_by_text("As a table").click()
    table = letters.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(28)
    expect(table.get_by_role("row").nth(5)).to_contain_text("evowel")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    drawn = file(page, letters, "SVG of the picture: letter-map", tmp_path)
    assert drawn.startswith("<svg")
    assert drawn.count("label ringed") == 5
    assert ">BOS</text>" in drawn

    # At another step, and then while it learns.
    show_step(page, 0)
    expect(letters).to_contain_text("Vowels and consonants: not found.")
    expect(table.get_by_role("row")).to_have_count(28)
    label = picture.locator(".label").filter(has_text=re.compile("^q$"))
    place = label.get_attribute("transform") or ""
    show_step(page, -1)
    expect(letters).to_contain_text("Vowels and consonants: found.")
    expect(label).not_to_have_attribute("transform", place)

    letters.get_by_role("radio", name="Positions (wpe)").check()
    positions = letters.get_by_role("img", name="The positions' embeddings (wpe)")
    expect(positions.locator(".label")).to_have_count(16)
    expect(positions.locator(".path")).to_have_attribute("points", re.compile(r"^(\S+ ){15}\S+$"))
    expect(letters.get_by_text("Vowels and consonants")).to_be_hidden()
    positions.focus()
    page.keyboard.press("End")
    expect(readout).to_have_text(re.compile(r"^Position 15: nearest \d+ 0\.\d+, .*; farthest 0 "))

    page.get_by_role("combobox", name="Engine").select_option("Scalar")
    set_number(page, "steps", 100_000)
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")
    seventh = positions.locator(".label").nth(7)
    place = seventh.get_attribute("transform") or ""
    expect(seventh).not_to_have_attribute("transform", place)
    place = seventh.get_attribute("transform") or ""
    expect(seventh).not_to_have_attribute("transform", place)
    wait_for_state(page, "training")


def test_the_weights(compiled: Page, tmp_path: Path) -> None:
    page = compiled
    weights = part(page, "Weights")
    figures = weights.get_by_role("figure")
    expect(figures).to_have_count(9)
    expect(weights.get_by_role("heading", level=3)).to_have_text(
        [
            *("wte · 27 × 16", "wpe · 16 × 16", "lm_head · 27 × 16"),
            *(f"layer0.attn_w{x} · 16 × 16" for x in "qkvo"),
            *("layer0.mlp_fc1 · 64 × 16", "layer0.mlp_fc2 · 16 × 64"),
        ]
    )
    expect(weights).to_contain_text("4,192 weights in 9 matrices")
    wte, last = (weights.locator(f'canvas[data-name="{n}"]') for n in ("wte", "layer0.mlp_fc2"))
    drawn = re.compile("width")
    expect(wte).to_have_attribute("style", drawn)
    expect(last).not_to_have_attribute("style", drawn)  # what is far below isn't asked for
    last.scroll_into_view_if_needed()
    expect(last).to_have_attribute("style", drawn)

    readout = figures.first.get_by_role("status")
    _, values = numbers(file(page, weights, "CSV of the table: wte", tmp_path), 1)

    def said(number: float) -> str:
        return f"{'−' if number < 0 else ''}{abs(number):#.4g}"

    def told_of(name: str, row: int, column: int) -> None:
        value = said(values[row, column])
        words = rf"^wte\[{name}\]\[{column}\] = {value}; [+−]\S+ since step 0\.$"
        expect(readout).to_have_text(re.compile(words))

    box = wte.bounding_box()
    assert box is not None
    side = (box["height"] - 2) / 27  # the names of rows stand left of the cells
    wte.hover(position={"x": box["width"] - 1 - 12.5 * side, "y": 1 + 2.5 * side})
    told_of("c", 2, 3)
    page.mouse.move(0, 0)
    wte.focus()
    page.keyboard.press("ArrowRight")
    told_of("a", 0, 0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    told_of("b", 1, 15)
    caption = figures.first.locator("figcaption")
    size = f"{np.sqrt((values**2).mean()):#.4g}"
    expect(caption).to_contain_text(f"Root mean square {size}, moved by 0.")

    weights.get_by_role("radio", name="Each its own").check()
    expect(caption).to_contain_text("Strongest colours: ±0.5.")
    weights.get_by_role("radio", name="Change since step 0").check()
    expect(weights).to_contain_text("Drawn is how far each has moved since step 0.")
    _, changes = numbers(file(page, weights, "CSV of the table: wte", tmp_path), 1)
    wte.focus()
    page.keyboard.press("ArrowRight")
    moved = said(changes[0, 0]) if changes[0, 0] < 0 else "+" + said(changes[0, 0])
    expect(readout).to_have_text(f"wte[a][0]: {moved} since step 0, now {said(values[0, 0])}.")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")

    before = wte.evaluate("canvas => canvas.toDataURL()")
    show_step(page, 0)
    expect(caption).to_contain_text("moved by 0 since step 0")
    expect(page.locator("#view-inside")).to_have_attribute("aria-busy", "false")  # numbers too
    _, begun = numbers(file(page, weights, "CSV of the table: wte", tmp_path), 1)
    assert not begun.any()
    assert wte.evaluate("canvas => canvas.toDataURL()") != before
    weights.get_by_role("radio", name="Weights").check()
    _, begun = numbers(file(page, weights, "CSV of the table: wte", tmp_path), 1)
    assert begun + changes == pytest.approx(values, abs=1e-6)
    with page.expect_download() as download:
        weights.get_by_role("button", name="PNG of the picture: wte").click()
    assert download.value.suggested_filename == "wte.png"
