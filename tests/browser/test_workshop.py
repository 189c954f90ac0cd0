"""The workshop in the view Samples: wishes, order, why a name is as it is, favourites."""

import csv
import io
import json
import re
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect

from browser.conftest import (
    expect_error_at,
    open_view,
    samples,
    train_to_the_end,
    upload,
    violations,
)
from browser.waiting import wait_until


def items(page: Page) -> Locator:
    return page.get_by_role("list", name="Samples").get_by_role("listitem")


def names(page: Page) -> Locator:
    return page.get_by_role("list", name="Samples").get_by_role("link")


def ask(page: Page, count: int) -> None:
    page.get_by_role("spinbutton", name="Number of samples").fill(str(count))
    page.get_by_role("button", name="Sample", exact=True).click()


def open_wishes(page: Page) -> None:
    page.get_by_text("More wishes").click()
    expect(page.get_by_role("textbox", name="Ends with")).to_be_visible()


def content(download: Download, folder: Path) -> str:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path.read_text()


def card(page: Page) -> Locator:
    return page.locator("#why")


def unlike(heart: Locator) -> None:
    """No favourite is left to the tests that share the page."""
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "false")


def test_wishes_are_fulfilled_and_said_in_words(first_model: Page) -> None:
    open_wishes(first_model)
    first_model.get_by_role("textbox", name="Ends with").fill("na")
    first_model.get_by_role("textbox", name="Contains").fill("i")
    first_model.get_by_role("textbox", name="Without").fill("t")
    first_model.get_by_role("spinbutton", name="Letters, at least").fill("5")
    first_model.get_by_role("spinbutton", name="Letters, at most").fill("7")
    first_model.get_by_role("spinbutton", name="Edits, at least").fill("1")
    first_model.get_by_role("combobox", name="Written").select_option("Title Case")
    first_model.get_by_role("checkbox", name="New only").check()
    first_model.get_by_role("checkbox", name="No repeats").check()
    ask(first_model, 30)
    status = first_model.get_by_role("status", name="Sampling status")
    expect(status).to_have_text(re.compile(r"^30 of 30, .* % of .* draws fit\.$"))
    made = samples(first_model)
    assert len(made) == len(set(made)) == 30
    for name in made:
        assert re.fullmatch("[A-Z][a-z]{4,6}", name)
        assert name.endswith("na")
        assert "i" in name.lower()
        assert "t" not in name.lower()
    expect(first_model.get_by_role("list", name="Samples").locator(".badge")).to_have_count(0)

    first_model.get_by_text("More wishes").click()
    words = (
        "5 to 7 letters, ends with na, contains i, without t, new only, no repeats, "
        "at least 1 edit from every line, in Title Case"
    )
    expect(first_model.get_by_text(words)).to_be_visible()
    first_model.get_by_role("slider", name="Temperature").fill("1")
    expect(items(first_model)).to_have_count(30)  # what took a search stays
    assert samples(first_model) == made
    first_model.get_by_role("button", name="Clear the wishes").click()
    expect(first_model.get_by_text(words)).to_be_hidden()
    ask(first_model, 3)
    expect(status).to_have_text("3 samples drawn.")


def test_the_likeliest_come_in_their_order(first_model: Page) -> None:
    open_wishes(first_model)
    first_model.get_by_role("textbox", name="Ends with").fill("na")
    first_model.get_by_role("checkbox", name="The likeliest").check()
    ask(first_model, 5)
    status = first_model.get_by_role("status", name="Sampling status")
    expect(status).to_have_text(re.compile(r"^5 of 5, .* beginnings looked at\.$"))
    likelihoods = []
    for name in names(first_model).all():
        name.click()
        expect(card(first_model).get_by_role("heading")).to_have_text(name.inner_text())
        likelihood = card(first_model).get_by_text(re.compile("^one in ")).inner_text()
        likelihoods.append(float(likelihood.removeprefix("one in ").replace(",", "")))
    assert likelihoods == sorted(likelihoods)


def test_wishes_that_cannot_come_true_are_refused_at_their_field(first_model: Page) -> None:
    before = samples(first_model)
    open_wishes(first_model)
    ending = first_model.get_by_role("textbox", name="Ends with")
    ending.fill("é")
    first_model.get_by_text("More wishes").click()
    ask(first_model, 5)
    expect_error_at(ending, "never seen 'é'")  # the field is in sight again
    expect(ending).to_be_focused()
    assert samples(first_model) == before
    ending.fill("a")
    expect(ending).not_to_have_attribute("aria-invalid", "true")
    first_model.get_by_role("spinbutton", name="Letters, at least").fill("9")
    first_model.get_by_role("spinbutton", name="Letters, at most").fill("3")
    ask(first_model, 5)
    expect_error_at(first_model.get_by_role("spinbutton", name="Letters, at least"), "above")
    assert violations(first_model) == []


def test_why_there_are_fewer_is_said_and_a_search_can_be_called_off(shared: Page) -> None:
    upload(shared, "few.txt", b"anna\nbella\ncarla\n")
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("few.txt")
    train_to_the_end(shared, 200)
    open_wishes(shared)
    shared.get_by_role("checkbox", name="No repeats").check()
    shared.get_by_role("checkbox", name="New only").check()
    shared.get_by_role("slider", name="Temperature").fill("0.05")
    ask(shared, 1000)
    shared.get_by_role("button", name="Enough").click()
    status = shared.get_by_role("status", name="Sampling status")
    expect(status).to_have_text(re.compile("^Called off: .* of 1,000, "))
    expect(shared.get_by_role("button", name="Enough")).to_be_hidden()
    shared.get_by_role("spinbutton", name="Letters, at most").fill("1")
    ask(shared, 1000)
    reason = shared.get_by_role("status", name="Why there are fewer")
    expect(reason).not_to_be_empty()
    expect(status).to_have_text(re.compile("^[0-9] of 1,000, "))


def test_names_are_sorted_as_a_person_means_it(first_model: Page) -> None:
    drawn = samples(first_model)
    sort = first_model.get_by_role("combobox", name="Sort")
    expect(sort.get_by_role("option", name="like a chosen one")).to_be_disabled()
    sort.select_option("alphabet")
    first = names(first_model).first
    expect(first).to_have_text(min(drawn))
    assert samples(first_model) == sorted(drawn)
    for order in ("typical", "distinctive", "far from the text"):
        before = samples(first_model)
        sort.select_option(order)
        expect(items(first_model)).to_have_count(20)
        wait_until(
            first_model,
            "before => [...document.querySelectorAll('#samples .text')]"
            ".map((e) => e.textContent).join() !== before",
            ",".join(before),
        )
        assert sorted(samples(first_model)) == sorted(drawn)
    names(first_model).nth(7).click()
    chosen = names(first_model).nth(7).inner_text()
    card(first_model).get_by_role("button", name="Sort by likeness").click()
    expect(first).to_have_text(chosen)
    expect(sort.get_by_role("option", name=f"like {chosen}")).to_be_enabled()
    sort.select_option("as drawn")
    expect(first).to_have_text(drawn[0])
    assert samples(first_model) == drawn


def test_why_a_name_is_as_it_is_by_keyboard(first_model: Page) -> None:
    first_model.get_by_role("checkbox", name="Show surprise").check()
    tinted = first_model.get_by_role("list", name="Samples").locator(".text[title]")
    texts = samples(first_model)
    expect(tinted).to_have_count(len(texts))
    expect(tinted.first).to_have_attribute("title", re.compile(r"^Surprise in nats: \w \d\.\d, "))
    assert samples(first_model) == texts  # letter by letter, but the same
    names(first_model).first.focus()
    first_model.keyboard.press("Enter")
    heading = card(first_model).get_by_role("heading")
    expect(heading).to_have_text(texts[0])
    letters = card(first_model).get_by_role("list", name="Surprise of each letter").locator("li")
    expect(letters).to_have_count(len(texts[0]) + 1)
    expect(letters.last).to_contain_text("end")
    expect(card(first_model).get_by_text(re.compile(r"^one in [\d,.]+"))).to_be_visible()
    expect(
        card(first_model).get_by_text(re.compile(r"^\d edits? from \w+|itself$"))
    ).to_be_visible()
    expect(card(first_model).get_by_text(re.compile(r"^more than \d+ %"))).to_be_visible()
    for key, place in (("ArrowRight", 1), ("End", len(texts) - 1), ("Home", 0)):
        first_model.keyboard.press(key)
        expect(names(first_model).nth(place)).to_be_focused()
        expect(heading).to_have_text(texts[place])  # the card follows
    assert violations(first_model) == []
    first_model.keyboard.press("Shift+Tab")
    heart = first_model.get_by_role("button", name=f"Like {texts[0]}")
    expect(heart).to_be_focused()
    first_model.keyboard.press("Space")
    expect(heart).to_have_attribute("aria-pressed", "true")
    # One stop for the whole list.
    first_model.keyboard.press("Shift+Tab")
    expect(first_model.get_by_role("checkbox", name="Show surprise")).to_be_focused()
    card(first_model).get_by_role("button", name="Close").click()
    expect(card(first_model)).to_be_hidden()
    expect(names(first_model).first).to_be_focused()
    unlike(heart)


def test_how_new_it_is_altogether(first_model: Page) -> None:
    line = first_model.get_by_role("status", name="How new it is")
    expect(line).to_have_text(re.compile(r"^\d+(\.\d+)? % of what it makes stands in the text\.$"))
    daring = line.inner_text()
    first_model.get_by_role("slider", name="Temperature").fill("2")
    expect(line).to_have_text(re.compile(r"^[\d.]+ % of"))
    expect(line).not_to_have_text(daring)


def test_favourites_are_kept_ordered_and_taken_along(compiled: Page, tmp_path: Path) -> None:
    compiled.context.grant_permissions(["clipboard-read", "clipboard-write"])
    texts = samples(compiled)
    first, second = texts[:2]
    for name in (first, second):
        compiled.get_by_role("button", name=f"Like {name}", exact=True).first.click()
    liked = compiled.get_by_role("list", name="Favourites")
    expect(liked.get_by_role("link")).to_have_text([first, second])
    compiled.get_by_role("textbox", name="Add one by hand").fill("Zoe")
    compiled.keyboard.press("Enter")
    expect(liked.get_by_role("link")).to_have_text([first, second, "Zoe"])
    expect(compiled.get_by_role("heading", name="Favourites 3")).to_be_visible()
    compiled.get_by_role("textbox", name="Add one by hand").fill("Zoe")
    compiled.keyboard.press("Enter")
    expect_error_at(compiled.get_by_role("textbox", name="Add one by hand"), "already")

    liked.get_by_role("link", name="Zoe").focus()
    compiled.keyboard.press("Alt+ArrowUp")
    expect(liked.get_by_role("link")).to_have_text([first, "Zoe", second])
    expect(liked.get_by_role("link", name="Zoe")).to_be_focused()
    compiled.get_by_role("button", name="Move Zoe up").click()
    expect(liked.get_by_role("link")).to_have_text(["Zoe", first, second])
    rows = liked.get_by_role("listitem")
    rows.nth(0).drag_to(rows.nth(2))
    expect(liked.get_by_role("link")).to_have_text([first, second, "Zoe"])
    assert violations(compiled) == []

    compiled.get_by_role("button", name="Copy favourites").click()
    expect(compiled.get_by_text("3 favourites copied.")).to_be_visible()
    assert compiled.evaluate("navigator.clipboard.readText()") == f"{first}\n{second}\nZoe"
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="JSON of favourites").click()
    found = json.loads(content(download.value, tmp_path))
    assert [each["name"] for each in found][:2] == [first, second]
    assert all(len(each["surprises"]) == len(each["name"]) + 1 for each in found)
    with compiled.expect_download() as download:
        compiled.get_by_role("button", name="as CSV", exact=True).click()
    rows_read = list(csv.DictReader(io.StringIO(content(download.value, tmp_path))))
    assert [row["name"] for row in rows_read] == texts
    assert all(float(row["one_in"]) > 1 for row in rows_read)

    compiled.get_by_role("button", name="Remove Zoe from favourites").click()
    expect(liked.get_by_role("link")).to_have_text([first, second])
    compiled.get_by_role("button", name="Undo").click()
    expect(liked.get_by_role("link")).to_have_text([first, second, "Zoe"])
    compiled.reload()  # and they are still there
    expect(liked.get_by_role("link")).to_have_text([first, second, "Zoe"])

    # What is kept here is deleted, with what is shown of it; undone, both are back.
    shown = liked.get_by_role("listitem").all_inner_texts()
    open_view(compiled, "Runs")
    compiled.get_by_role("button", name="Delete everything kept here").click()
    open_view(compiled, "Samples")
    expect(liked.get_by_role("listitem")).to_have_count(0)
    open_view(compiled, "Runs")
    compiled.get_by_role("button", name="Undo").first.click()
    open_view(compiled, "Samples")
    expect(liked.get_by_role("listitem")).to_have_text(shown)


def test_what_is_never_to_come_again_does_not(first_model: Page) -> None:
    texts = samples(first_model)
    name = texts[3]
    first_model.get_by_role("button", name=f"Never again: {name}").click()
    shown = first_model.get_by_role("list", name="Samples").get_by_text(name, exact=True)
    expect(shown).to_have_count(0)
    first_model.get_by_text("Never again 1").click()
    blocked = first_model.get_by_role("list", name="Never again")
    expect(blocked.get_by_role("listitem")).to_have_text([name])
    first_model.get_by_role("textbox", name="Starts with").fill(name[:-1])
    first_model.get_by_role("slider", name="Temperature").fill("0.05")
    ask(first_model, 20)
    expect(first_model.get_by_text("20 of 20")).to_be_visible()
    assert name not in samples(first_model)
    first_model.get_by_role("button", name=f"Allow {name} again").click()
    expect(blocked).to_be_hidden()
    first_model.get_by_role("button", name="Undo").click()
    expect(blocked.get_by_role("listitem")).to_have_text([name])
    first_model.get_by_role("button", name=f"Allow {name} again").click()
    expect(blocked).to_be_hidden()


def test_a_model_learns_from_favourites(compiled: Page) -> None:
    learn = compiled.get_by_role("button", name="Learn from my favourites")
    expect(learn).to_be_disabled()
    expect(learn).to_be_visible()
    for name in ("marielle", "danielle", "annelle"):
        compiled.get_by_role("textbox", name="Add one by hand").fill(name)
        compiled.keyboard.press("Enter")
        expect(compiled.get_by_role("textbox", name="Add one by hand")).to_have_value("")
    steps = compiled.get_by_role("spinbutton", name="How long to learn")
    steps.fill("0")
    learn.click()
    expect_error_at(steps, "steps, not for 0")
    steps.fill("100")
    learn.click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("100 of 100 steps", timeout=60_000)
    expect(compiled.locator("#verdict-line")).to_contain_text("3 favourites")
    expect(compiled.get_by_role("list", name="Favourites").get_by_role("listitem")).to_have_count(3)
    expect(learn).to_be_enabled()
    expect(items(compiled)).to_have_count(20)
    open_view(compiled, "Learning")
    expect(compiled.get_by_role("img", name="Loss")).to_be_visible()


def test_a_thousand_names_fit_a_phone(first_model: Page) -> None:
    first_model.set_viewport_size({"width": 320, "height": 640})
    open_wishes(first_model)
    first_model.get_by_role("checkbox", name="No repeats").check()
    ask(first_model, 1000)
    expect(first_model.get_by_text("1,000 of 1,000")).to_be_visible()
    expect(items(first_model)).to_have_count(1000)
    names(first_model).nth(500).click()
    expect(card(first_model)).to_be_in_viewport()
    name = names(first_model).nth(500).inner_text()
    card(first_model).get_by_role("button", name="Like", exact=True).click()
    heart = first_model.get_by_role("button", name=f"Like {name}", exact=True)
    expect(heart).to_have_attribute("aria-pressed", "true")
    assert first_model.evaluate("document.documentElement.scrollWidth") <= 320
    unlike(heart)
