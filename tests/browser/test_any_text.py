"""Texts that aren't one name per line: tables, other encodings, novels; options; looking closer.

Not about what is read in which way, which tests/unit/texts does: about the controls for it.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser.conftest import (
    expect_error_at,
    open_view,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
)
from microgpt.texts import MAX_BYTES

TABLE = "born,name,place\n" + "".join(
    f'19{i + 10},"{name}",Rome\n' for i, name in enumerate(["Bach, Anna", "Orff, Carl"] * 20)
)
NOVEL = "\n\n".join(
    [
        "It was a bright cold day in April, and all the clocks of the town\n"
        "were striking, some of them too early and some of them too late, as\n"
        "they had done since anyone could remember. Nobody minded: whoever\n"
        "had to be somewhere left the house when all the others left theirs."
    ]
    * 30
)
HOSTILE = [
    "\u202ednuor yaw rehto eht\u202d",  # turns what comes after it
    "left\u2069\u2069\u2069 the isolate",
    "Z" + "".join(chr(0x300 + i) for i in range(60)),  # marks piled up
    "\u0e47" * 30,
    "Tr\u200ba\u200cin\ufeff",
    "\u3164\u3164",  # nothing to see
    "Reload",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "x" * 10_000,
]
# Texts in sight that could turn the words around them, or cover what is above or below them.
NOT_CONFINED = """() => {
    const found = [];
    const alone = "button, option, textarea, svg text, svg title, script, .cm-content";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.data;
        const parent = walker.currentNode.parentElement;
        const turns = /[\\u202a-\\u202e\\u2066-\\u2069]/.test(text);
        const covers = /\\p{M}{3}/u.test(text);
        if (!(turns || covers) || !parent.checkVisibility()) continue;
        if (parent.closest(`.hidden, ${alone}`) || (turns && parent.closest("bdi"))) continue;
        const clips = (element) => getComputedStyle(element).overflowY !== "visible";
        const line = parent.closest("bdi, p, a, td, li, dd");
        if (covers && !turns && line && clips(line)) continue;
        found.push(`${parent.tagName}.${parent.className}#${parent.id}: ${JSON.stringify(text)}`);
    }
    return found;
}"""
LATIN = "Zoë\nJosé\nAnna\n".encode("cp1252")


def corpus(page: Page) -> Locator:
    return page.get_by_role("status", name="Corpus")


def learn_from(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Learn from")


def first_lines(page: Page) -> Locator:
    return page.get_by_role("list", name="First lines").get_by_role("listitem")


def open_reading(page: Page, words: str = "How it is read") -> None:
    page.locator("summary").filter(has_text=words).click()


def save_run(page: Page, folder: Path) -> Path:
    open_view(page, "Runs")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the whole run").press("Enter")
    path = folder / "run.safetensors"
    download.value.save_as(path)
    return path


def test_a_column_of_a_table(slow: Page) -> None:
    upload(slow, "people.csv", TABLE.encode())
    expect(learn_from(slow)).to_have_value("column")
    column = slow.get_by_role("combobox", name="Column")
    expect(column.get_by_role("option")).to_have_text(["born", "name", "place"])
    column.select_option("name")
    expect(first_lines(slow).first).to_have_text("Bach, Anna")
    expect(corpus(slow)).to_contain_text("people.csv: 40 cells, up to 10 characters")
    learn_from(slow).select_option("each line")
    expect(first_lines(slow).nth(1)).to_have_text('1910,"Bach, Anna",Rome')
    expect(first_lines(slow).nth(1).locator("del")).to_have_text('",Rome')
    expect(column).to_be_hidden()
    learn_from(slow).select_option("a column")
    column.select_option("place")
    expect(first_lines(slow).first).to_have_text("Rome")
    set_number(slow, "steps", 100_000)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    expect(learn_from(slow)).to_be_disabled()
    slow.get_by_role("button", name="Stop").click()
    expect(learn_from(slow)).to_be_enabled()
    expect(slow.locator("#model-note")).to_contain_text("people.csv")
    upload(slow, "plain.txt", b"anna\nbella\n")
    expect(corpus(slow)).to_contain_text("plain.txt: 2 lines")
    expect(learn_from(slow)).to_be_hidden()


def test_a_text_in_another_encoding_by_keyboard(shared: Page) -> None:
    field = shared.get_by_label("Upload a text file")
    field.focus()
    upload(shared, "latin.txt", LATIN)
    expect_error_at(field, "Still in use: First names.")
    western = shared.get_by_role("radio", name="Windows-1252")
    expect(western).to_be_checked()
    expect(western).to_have_accessible_description("Zoë José")
    expect(corpus(shared)).to_contain_text("First names")
    assert violations(shared) == []
    shared.keyboard.press("Tab")
    expect(western).to_be_focused()
    shared.keyboard.press("ArrowDown")
    expect(western).not_to_be_checked()
    shared.keyboard.press("ArrowUp")
    shared.keyboard.press("Tab")
    expect(shared.get_by_role("button", name="Read so")).to_be_focused()
    shared.keyboard.press("Enter")
    expect(corpus(shared)).to_contain_text("latin.txt: 3 lines")
    expect(first_lines(shared)).to_have_text(["Zoë", "José", "Anna"])
    expect(western).to_be_hidden()
    expect(field).to_be_focused()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    # Once more, from where it says how it was read.
    open_reading(shared)
    shared.get_by_role("button", name="Choose another").click()
    expect(western).to_be_focused()
    shared.get_by_role("radio", name="Windows-1251").check()
    shared.get_by_role("button", name="Read so").click()
    expect(first_lines(shared).first).to_have_text("Zoл")
    # What was refused meanwhile is not what is read again.
    upload(shared, "other.txt", "Björk\n".encode("cp1252"))
    expect_error_at(field, "Still in use: latin.txt.")
    shared.get_by_role("checkbox", name="Lower case").check()
    expect(first_lines(shared).first).to_have_text("zoл")


def test_a_novel_is_running_text_in_windows_of_block_size(shared: Page, tmp_path: Path) -> None:
    upload(shared, "novel.txt", NOVEL.encode())
    expect(learn_from(shared)).to_have_value("running")
    expect(first_lines(shared).first).to_have_text("It was a bright␣")
    expect(shared.get_by_role("button", name="Read whole lines")).to_be_hidden()
    set_number(shared, "block_size", 32)
    expect(first_lines(shared).first).to_have_text("It was a bright cold day in Apri")
    learn_from(shared).select_option("paragraphs")
    expect(corpus(shared)).to_contain_text("novel.txt: 30 paragraphs")
    learn_from(shared).select_option("running text")
    expect(corpus(shared)).to_contain_text("windows of 32 characters")
    train_to_the_end(shared, 20)
    # A saved run says how its text was read; that can't be changed without the text itself.
    path = save_run(shared, tmp_path)
    upload(shared, "plain.txt", b"anna\nbella\n")
    expect(corpus(shared)).to_contain_text("plain.txt: 2 lines")
    shared.get_by_label("Open a saved model or run").set_input_files(path)
    expect(corpus(shared)).to_contain_text("windows of 32 characters")
    open_reading(shared, "How it is read: running text")
    expect(shared.get_by_text("It came with a run, as it was read there.")).to_be_visible()
    expect(learn_from(shared)).to_be_hidden()


def test_options_stay_with_their_text_and_it_can_be_looked_at(shared: Page) -> None:
    paste = shared.get_by_role("textbox", name="Paste text")
    paste.fill("Anna\nbella\nAnna\na line\twith a tab and more\nzoe\u0301")
    expect(corpus(shared)).to_contain_text("Pasted text: 5 lines")
    shared.get_by_text("Look closer").click()
    rarest = shared.get_by_role("list", name="Rarest characters")
    expect(rarest.get_by_role("listitem").filter(has_text="tab")).to_have_text("tab 1×")
    expect(rarest).to_contain_text("é 1×")  # composed
    repeated = shared.get_by_role("list", name="Repeated lines")
    expect(repeated.get_by_role("listitem")).to_have_text(["Anna 2×"])
    longest = shared.get_by_role("region", name="The longest line: 26 characters")
    expect(longest.locator("del")).to_have_text("b and more")
    open_reading(shared)
    shared.get_by_role("checkbox", name="Drop repeated lines").check()
    shared.get_by_role("checkbox", name="Lower case").check()
    expect(corpus(shared)).to_contain_text("Pasted text: 4 lines")
    expect(first_lines(shared).first).to_have_text("anna")
    expect(repeated).to_be_hidden()
    shared.get_by_role("checkbox", name="Split long lines").check()
    expect(longest.locator("del")).to_have_count(0)
    shared.get_by_role("spinbutton", name="Most frequent characters").fill("5")
    replacement = shared.get_by_role("textbox", name="Put for the others")
    replacement.fill("_")
    replacement.blur()
    expect(corpus(shared)).to_contain_text("6 different characters")
    # Typing on doesn't take them back; another text begins without.
    paste.press_sequentially("\nAnna")
    expect(corpus(shared)).to_contain_text("6 different characters")
    expect(shared.get_by_role("checkbox", name="Lower case")).to_be_checked()
    shared.set_viewport_size({"width": 320, "height": 700})
    assert shared.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(shared) == []
    shared.set_viewport_size({"width": 1280, "height": 900})
    upload(shared, "plain.txt", b"Anna\nAnna\n")
    expect(corpus(shared)).to_contain_text("plain.txt: 2 lines")
    for name in ("Drop repeated lines", "Lower case", "Split long lines"):
        expect(shared.get_by_role("checkbox", name=name)).not_to_be_checked()
    learn_from(shared).select_option("a column")
    expect_error_at(learn_from(shared), "plain.txt is not a table")
    expect(learn_from(shared)).to_have_value("line")


def test_while_a_large_text_is_read_another_can_be_brought(compiled: Page, tmp_path: Path) -> None:
    large = tmp_path / "library.txt"  # a path: it takes seconds to send it to the browser
    large.write_text(NOVEL * (MAX_BYTES // len(NOVEL)))
    bring = compiled.get_by_label("Upload a text file")
    bring.set_input_files(large)
    progress = compiled.get_by_role("progressbar", name="Reading the text")
    expect(progress).to_be_visible()
    upload(compiled, "second.txt", b"anna\nbella\n")
    going = compiled.get_by_role("status", name="Reading", exact=True)
    expect(going).to_contain_text(re.compile(r"library\.txt: .*… Then second\.txt\."))
    expect(corpus(compiled)).to_contain_text("second.txt: 2 lines")
    expect(going).to_be_hidden()
    train_to_the_end(compiled, 2)
    expect(compiled.locator("#model-note")).to_contain_text("second.txt")
    # A run that is opened meanwhile brings its own text.
    path = save_run(compiled, tmp_path)
    bring.set_input_files(large)
    expect(progress).to_be_visible()
    compiled.get_by_label("Open a saved model or run").set_input_files(path)
    expect(going).to_be_hidden()
    expect(corpus(compiled)).to_contain_text("second.txt: 2 lines")


def test_a_text_that_would_pass_for_the_page_or_cover_it(shared: Page) -> None:
    data = "\n".join(HOSTILE * 20).encode()
    upload(shared, "\u202etxt.seman" + "\u0301" * 40 + "n" * 150 + ".txt", data)
    expect(corpus(shared)).to_contain_text("180 lines, up to 10,000 characters")
    train_to_the_end(shared, 600)
    open_reading(shared, "Look closer")
    shared.get_by_role("checkbox", name="Show surprise").check()
    for view in ("Samples", "Learning", "Inside", "Code", "Runs"):
        open_view(shared, view)
        sections = shared.get_by_role("tabpanel").get_by_role("tab").all()
        for section in sections or [shared.get_by_role("tab", name=view)]:
            section.click()
            expect(shared.locator("html")).not_to_have_attribute("aria-busy", "true")
            for width in (1280, 375):
                shared.set_viewport_size({"width": width, "height": 900})
                assert shared.evaluate("document.documentElement.scrollWidth") <= width
            assert shared.evaluate(NOT_CONFINED) == []
    open_view(shared, "Samples")
    nothing = shared.get_by_role("list", name="Samples").locator("[data-unseen]")
    expect(nothing.first).to_have_attribute("data-unseen", "U+3164 U+3164")
    bdi = "getComputedStyle(document.querySelector('#samples bdi')).overflow"
    assert shared.evaluate(bdi) == "clip"
