"""Bringing a text: upload, paste, before Python is up, and every refusal."""

import codecs
import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from browser.conftest import (
    Watch,
    expect_error_at,
    samples,
    set_number,
    train_to_the_end,
    upload,
    wait_for_state,
)
from examples import is_sum
from microgpt.texts import MAX_BYTES


def test_pasted_text_replaces_the_example(slow: Page) -> None:
    slow.get_by_role("textbox", name="Paste text").fill("zoë\nada\nzoë\n")
    corpus = slow.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text(
        "Pasted text: 3 lines, up to 3 letters, 5 different characters, 9 in all."
    )
    expect(corpus).to_contain_text("1 repeated line, kept.")
    expect(slow.get_by_role("combobox", name="Example")).to_have_value("own")
    train_to_the_end(slow, 3)
    slow.get_by_role("combobox", name="Example").select_option("Places")
    expect(corpus).to_contain_text("Places: 476 places")
    expect(slow.get_by_role("textbox", name="Paste text")).to_be_empty()


def test_what_was_just_typed_is_what_is_trained_on(slow: Page) -> None:
    """Train right after the last key, before the pause in which typing is awaited."""
    slow.get_by_role("textbox", name="Paste text").fill("ab\nba\n")
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    status = slow.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Training on Pasted text")


def test_a_file_brought_while_python_loads_is_kept(page: Page, site: str) -> None:
    held: list[Route] = []
    page.route("**/python_stdlib.zip", lambda route: held.append(route))
    page.goto(site)
    upload(page, "early.txt", b"anna\nbella\n")
    corpus = page.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("early.txt will be read as soon as Python is up.")
    expect(page.locator("html[data-state=loading]")).to_be_attached()
    expect(page.get_by_role("progressbar", name="Loading Python")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[\d.]+ MB of \d"))).to_be_visible()
    for route in held:
        route.continue_()
    wait_for_state(page, "ready")
    expect(corpus).to_contain_text("early.txt: 2 lines")
    expect(page.get_by_role("button", name="Train")).to_be_enabled()


REFUSALS = {
    "empty.txt": (b"", "empty.txt is empty (0 bytes)"),
    "blank.txt": (b"\n\n \n", "nothing but blank lines"),
    "photo.jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "binary data, not text: byte 4 is zero"),
    "latin.txt": (
        "anna\nzoë\n".encode("latin-1"),
        "not UTF-8, as most texts are. Read it as Western European",
    ),
    "wide.txt": (codecs.BOM_UTF16_LE + b"a\x00b", "not UTF-16"),
    "han.txt": ("".join(map(chr, range(0x4E00, 0x4E00 + 5001))).encode(), "5,001 distinct"),
}


def test_every_refusal_says_why_and_keeps_the_text(slow: Page, tmp_path: Path) -> None:
    field = slow.get_by_label("Upload a text file")
    for name, (data, words) in REFUSALS.items():
        upload(slow, name, data)
        expect_error_at(field, words)
        expect_error_at(field, "Still in use: First names.")
        expect(slow.get_by_role("status", name="Corpus")).to_contain_text("First names")
        expect(slow.get_by_role("button", name="Train")).to_be_enabled()
    huge = tmp_path / "huge.txt"  # a path: it takes seconds to send it to the browser
    huge.write_bytes(b"a\n" * (MAX_BYTES // 2 + 1))
    slow.get_by_label("Upload a text file").set_input_files(huge)
    expect_error_at(field, "huge.txt has more than 20 MB")
    upload(slow, "fine.txt", codecs.BOM_UTF16_LE + "anna\r\nzoë\r\n".encode("utf-16-le"))
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("fine.txt: 2 lines")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(slow.get_by_text("Still in use")).to_be_hidden()
    expect(slow.get_by_role("alert")).to_be_hidden()


def test_lines_that_are_cut_are_reported_and_one_press_fits_them(slow: Page) -> None:
    upload(slow, "long.txt", b"twenty-seven characters, 27\nand a line of twenty-one\n")
    corpus = slow.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text(
        "All 2 lines are too long: only their first 16 characters are learned."
    )
    slow.get_by_role("button", name="Read whole lines").click()
    expect(slow.get_by_role("spinbutton", name="block_size")).to_have_value("28")
    expect(slow.get_by_role("spinbutton", name="block_size")).to_be_focused()
    expect(corpus).not_to_contain_text("too long")
    set_number(slow, "block_size", 25)
    expect(corpus).to_contain_text("1 of 2 lines is too long: only its first 25 characters")


def test_markup_in_a_text_stays_text(shared: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    upload(shared, "<b>bold</b>.txt", f"{evil}\n{evil}\n".encode())
    corpus = shared.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("<b>bold</b>.txt: 2 lines")
    set_number(shared, "block_size", 40)
    train_to_the_end(shared, 120)
    expect(shared.locator("img[src=x], b")).to_have_count(0)


def test_a_text_refused_while_train_waits_for_it_starts_nothing(slow: Page) -> None:
    slow.get_by_role("textbox", name="Paste text").fill("   ")
    slow.get_by_role("button", name="Train").click()
    pasted = slow.get_by_role("textbox", name="Paste text")
    expect_error_at(pasted, "nothing but blank lines")
    expect(pasted).to_be_focused()
    expect(slow.locator("html[data-state=finished]")).to_be_attached()
    train_to_the_end(slow, 1)  # the second press is a decision: on the text still in use
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("First names")


def test_of_two_texts_in_a_row_the_last_good_one_is_in_use(page: Page) -> None:
    upload(page, "good.txt", b"anna\nbella\n")
    # Before the page is set up, a second choice in the same field would only replace the first.
    corpus = page.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("good.txt")
    upload(page, "bad.txt", b"\x00")
    wait_for_state(page, "ready")
    expect_error_at(page.get_by_label("Upload a text file"), "Still in use: good.txt.")
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("good.txt: 2 lines")
    train_to_the_end(page, 2)
    expect(page.get_by_text("From the model after step 2 on good.txt")).to_be_visible()


def test_an_example_that_does_not_come_can_be_chosen_again(slow: Page, watch: Watch) -> None:
    watch.errors_are_expected = True
    example = slow.get_by_role("combobox", name="Example")
    slow.route("**/places.txt", lambda route: route.abort())
    example.select_option("Places")
    expect_error_at(example, "examples/places.txt could not be loaded")
    expect(example).to_have_value("first-names.txt")
    slow.unroute("**/places.txt")
    example.select_option("Places")
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("Places: 476 places")


def test_what_is_set_while_an_example_is_on_its_way_stays(slow: Page) -> None:
    """An example's settings come with its text: around what the visitor has changed meanwhile."""
    held: list[Route] = []
    slow.route("**/sonnets.txt", lambda route: held.append(route))
    block_size = slow.get_by_role("spinbutton", name="block_size", exact=True)
    before = block_size.input_value()
    with slow.expect_request("**/sonnets.txt"):
        slow.get_by_role("combobox", name="Example").select_option("Sonnets")
    set_number(slow, "steps", 7)
    for route in held:
        route.continue_()
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("Sonnets:")
    expect(block_size).not_to_have_value(before)
    expect(slow.get_by_role("spinbutton", name="steps", exact=True)).to_have_value("7")


def test_a_file_brought_before_the_page_is_set_up(page: Page, site: str) -> None:
    held: list[Route] = []
    page.route("**/site.json", lambda route: held.append(route))
    page.goto(site)
    upload(page, "mine.txt", b"anna\nbella\n")
    for route in held:
        route.continue_()
    page.unroute("**/site.json")
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 2 lines")


def test_the_largest_vocabulary_that_is_read_can_be_trained_on(slow: Page) -> None:
    letters = "\n".join(chr(0x4E00 + i) for i in range(5000))
    upload(slow, "han.txt", letters.encode())
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("5,000 different characters")
    set_number(slow, "n_embd", 4)
    slow.get_by_role("spinbutton", name="Number of samples").fill("1")  # each takes seconds
    train_to_the_end(slow, 2)
    expect(slow.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(1)


def test_no_button_offers_a_block_size_that_is_refused(slow: Page) -> None:
    upload(slow, "long.txt", b"b\nc\n" + b"a" * 5000)
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("the largest is 1,024")
    expect(slow.get_by_role("button", name="Read whole lines")).to_be_hidden()


def settings(page: Page) -> dict[str, str]:
    """What the form says."""
    names = ("steps", "n_embd", "block_size", "batch_size", "holdout", "learning_rate")
    shown = {name: page.locator(f"#setting-{name}").input_value() for name in names}
    shown["engine"] = page.get_by_role("combobox", name="Engine").input_value()
    shown["temperature"] = page.get_by_role("slider", name="Temperature").input_value()
    return shown


def choose(page: Page, title: str) -> None:
    """Choose an example and wait until it has been read."""
    page.get_by_role("combobox", name="Example").select_option(title)
    expect(page.get_by_role("status", name="Corpus")).to_contain_text(f"{title}:")


def test_an_example_brings_its_settings_and_takes_them_along(shared: Page) -> None:
    original = settings(shared)
    preset = shared.get_by_role("combobox", name="Preset")
    expect(preset).to_have_value("The original")
    choose(shared, "Monster names")
    assert settings(shared)["temperature"] == "0.7"
    choose(shared, "Sonnets")
    expect(preset).to_have_value("example")
    sonnets = settings(shared)
    assert (sonnets["block_size"], sonnets["engine"]) == ("61", "compiled-float32")
    upload(shared, "bad.txt", b"\x00")
    expect_error_at(shared.get_by_label("Upload a text file"), "Still in use: Sonnets.")
    assert settings(shared) == sonnets, "the text is still theirs"
    upload(shared, "mine.txt", b"a line that has more than 16\n")
    corpus = shared.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("The line is too long: only its first 16 characters")
    assert settings(shared) == original
    expect(preset).to_have_value("The original")


def test_settings_of_ones_own_stay_with_a_text_of_ones_own(shared: Page) -> None:
    choose(shared, "Sonnets")
    set_number(shared, "steps", 123)
    shared.get_by_role("slider", name="Temperature").fill("1.5")
    own = settings(shared)
    upload(shared, "mine.txt", b"anna\nbella\n")
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 2 lines")
    assert settings(shared) == own
    shared.get_by_role("combobox", name="Example").select_option("Sonnets")
    expect(shared.get_by_role("combobox", name="Preset")).to_have_value("example")
    set_number(shared, "steps", 123)
    shared.get_by_role("combobox", name="Preset").select_option("The example's own")
    assert settings(shared)["steps"] == "4000"


def test_the_first_lines_show_what_a_text_is(slow: Page) -> None:
    upload(slow, "mine.txt", b"<i>anna</i>\nbella\n" + b"c" * 70 + b"\nd\ne\nf\n")
    items = slow.get_by_role("list", name="First lines").get_by_role("listitem")
    expect(items).to_have_text(["<i>anna</i>", "bella", "c" * 59 + "…", "d", "e"])


def test_what_to_look_for_is_said_once_there_is_something_to_see(shared: Page) -> None:
    look = shared.get_by_role("status", name="What to look for")
    choose(shared, "Places")
    expect(look).to_be_empty()
    train_to_the_end(shared, 20)
    expect(look).to_be_empty()
    train_to_the_end(shared, 1000)
    expect(look).to_contain_text("these places don't exist")
    upload(shared, "mine.txt", b"anna\nbella\n")
    expect(look).to_be_empty()
    train_to_the_end(shared, 2)
    expect(look).to_be_empty()


def test_one_press_on_the_sums_adds_up(shared: Page) -> None:
    """From the list of examples to the samples, with nothing set in between."""
    choose(shared, "Sums")
    shared.get_by_role("spinbutton", name="Number of samples").fill("100")
    shared.get_by_role("button", name="Train").click()
    status = shared.get_by_role("status", name="Training status")
    expect(status).to_contain_text(" of 5000 steps in ", timeout=90_000)
    expect(shared.get_by_text("100 samples drawn.")).to_be_visible()
    made = samples(shared)
    assert sum(map(is_sum, made)) >= 85  # of 1,000, more than 900: see tests/bench/examples.py
