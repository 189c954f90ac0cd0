"""Sampling from the page."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from browser.conftest import expect_error_at, samples, set_number, train_to_the_end, upload

TEXT = b"anna\nbella\ncarla\nella\nhanna\n"


def trained(page: Page, steps: int = 200) -> Page:
    upload(page, "a.txt", TEXT)
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("a.txt: 5 lines")
    set_number(page, "n_embd", 8)
    train_to_the_end(page, steps)
    return page


def press_sample(page: Page, count: int) -> list[str]:
    page.get_by_role("button", name="Sample", exact=True).click()
    expect(page.get_by_text(f"{count} sample")).to_be_visible()
    expect(page.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(count)
    return samples(page)


def test_count_temperature_and_prefix(slow: Page) -> None:
    trained(slow)
    slow.get_by_role("spinbutton", name="Number of samples").fill("7")
    slow.get_by_role("textbox", name="Starts with").fill("an")
    assert all(text.startswith("an") for text in press_sample(slow, 7))
    slow.get_by_role("textbox", name="Starts with").fill("")
    slider = slow.get_by_role("slider", name="Temperature")
    slider.fill("0.05")
    slow.get_by_role("spinbutton", name="Number of samples").fill("12")
    assert len(set(press_sample(slow, 12))) <= 3
    slider.fill("2")
    expect(slow.locator("output")).to_have_text("2.00")
    slow.get_by_role("spinbutton", name="Number of samples").fill("15")
    assert len(set(press_sample(slow, 15))) > 5


def test_copies_are_marked_and_inventions_are_not(shared: Page) -> None:
    trained(shared, steps=400)
    shared.get_by_role("slider", name="Temperature").fill("2")
    shared.get_by_role("spinbutton", name="Number of samples").fill("100")
    shared.get_by_role("button", name="Sample", exact=True).click()
    items = shared.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(100)
    known = TEXT.decode().split()
    seen = set()
    for item in items.all():
        if item.locator(".text").count():
            text = item.locator(".text").inner_text()
            begins = any(line.startswith(text) for line in known)
            mark = "in the text" if text in known else "begins a line" if begins else ""
            assert item.locator(".badge").all_inner_texts() == ([mark] if mark else [])
            seen.add(mark)
    assert seen == {"in the text", "begins a line", ""}


def test_lines_that_were_cut_are_copies_too(shared: Page) -> None:
    """A line longer than block_size is known by its beginning alone."""
    upload(shared, "long.txt", b"the only line is long\n")
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("too long")
    set_number(shared, "n_embd", 8)
    train_to_the_end(shared, 400)
    texts = samples(shared)
    assert "the only line is" in texts
    marked = shared.get_by_role("list", name="Samples").get_by_text("in the text")
    expect(marked).to_have_count(texts.count("the only line is"))
    expect(marked.first).to_have_attribute("title", re.compile("copy"))


def test_bad_requests_are_refused_and_earlier_samples_kept(slow: Page) -> None:
    trained(slow, steps=30)
    items = slow.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    beginning = slow.get_by_role("textbox", name="Starts with")
    beginning.fill("Qx")
    slow.get_by_role("button", name="Sample", exact=True).click()
    expect_error_at(beginning, "never seen 'Q', 'x'")
    expect(beginning).to_be_focused()
    expect(items).to_have_count(20)
    slow.get_by_role("button", name="Sample", exact=True).dblclick()
    expect(items).to_have_count(20)
    prefix = slow.get_by_role("textbox", name="Starts with")
    prefix.fill("")
    expect(prefix).not_to_have_attribute("aria-invalid", "true")  # it was about another beginning
    for bad in ("0", "1001", "2.5", ""):
        slow.get_by_role("spinbutton", name="Number of samples").fill(bad)
        slow.get_by_role("button", name="Sample", exact=True).click()
        expect_error_at(
            slow.get_by_role("spinbutton", name="Number of samples"),
            "must be a whole number from 1 to 1,000",
        )
        expect(beginning).not_to_have_attribute("aria-invalid", "true")
        expect(items).to_have_count(20)
    slow.get_by_role("spinbutton", name="Number of samples").fill("3")
    press_sample(slow, 3)
    expect(slow.locator("[aria-invalid=true]")).to_have_count(0)
    expect(slow.get_by_role("alert")).to_be_hidden()


def test_copy_and_download(slow: Page, tmp_path: Path) -> None:
    slow.context.grant_permissions(["clipboard-read", "clipboard-write"])
    trained(slow, steps=20)
    slow.get_by_role("spinbutton", name="Number of samples").fill("5")
    slow.get_by_role("slider", name="Temperature").fill("1")
    press_sample(slow, 5)
    items = slow.get_by_role("list", name="Samples").get_by_role("listitem").all()
    texts = [
        item.locator(".text").inner_text() if item.locator(".text").count() else ""
        for item in items
    ]
    slow.get_by_role("button", name="Copy all").click()
    expect(slow.get_by_text("5 samples copied.")).to_be_visible()
    assert slow.evaluate("navigator.clipboard.readText()") == "\n".join(texts)
    with slow.expect_download() as download:
        slow.get_by_role("button", name="Download as text").click()
    path = tmp_path / "samples.txt"
    download.value.save_as(path)
    assert re.fullmatch(r"samples.*\.txt", download.value.suggested_filename)
    assert path.read_text() == "".join(f"{text}\n" for text in texts)
