"""The page's shape: what it opens with, its views, the bar that stays in sight."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import open_view, set_number, upload, wait_for_state, wait_until_up

# A model of 23 weights, which any version of the page opens.
LINK = re.compile(r"#m=[\w-]+")
PRIMARY = "[...document.querySelectorAll('button.primary')].filter((e) => e.checkVisibility())"


def primary(page: Page) -> list[str]:
    """The names of the filled buttons in sight."""
    names: list[str] = page.evaluate(f"{PRIMARY}.map((button) => button.textContent)")
    return names


def shown_views(page: Page) -> Locator:
    """The panels of the page's own tabs, not those within one."""
    return page.locator("#panes > [role=tabpanel]:not([hidden])")


def in_sight(page: Page, selector: str) -> bool:
    """Whether it can be seen without scrolling: below the bar, above the tabs of a phone."""
    seen: bool = page.locator(selector).first.evaluate(
        """(element) => {
            const { left, top, height } = element.getBoundingClientRect();
            return element.contains(document.elementFromPoint(left + 5, top + height / 2));
        }"""
    )
    return seen


def test_it_opens_with_a_model_and_says_so(compiled: Page) -> None:
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("Trained on First names when the page opened: 1000 steps in ")
    expect(compiled.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    databases = compiled.evaluate("async () => (await indexedDB.databases()).length")
    assert databases == 0, "nobody has asked for it, so nothing of it is kept"


@pytest.mark.parametrize("asked", ["a text", "settings"])
def test_it_trains_nothing_by_itself_once_something_was_asked(page: Page, asked: str) -> None:
    if asked == "a text":
        upload(page, "own.txt", b"anna\nbella\n")
        wait_for_state(page, "ready")
        expect(page.get_by_role("status", name="Corpus")).to_contain_text("own.txt")
    else:
        set_number(page, "steps", 50)
        wait_for_state(page, "ready")
        expect(page.get_by_role("status", name="Corpus")).to_contain_text("First names")
    expect(page.get_by_role("button", name="Train")).to_be_enabled()
    expect(page.get_by_text("There is no model yet.")).to_be_visible()
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "finished")
    status = page.get_by_role("status", name="Training status")
    expect(status).to_contain_text(re.compile(r"^Finished: \d+ of \d+ steps"))


def test_views_are_tabs_and_stand_in_the_address(compiled: Page, site: str) -> None:
    tabs = compiled.get_by_role("tablist", name="Views").get_by_role("tab")
    assert tabs.all_inner_texts() == ["Samples", "Learning", "Inside", "Code", "Runs"]
    for name in ("Learning", "Inside", "Code", "Runs", "Samples"):
        open_view(compiled, name)
        expect(shown_views(compiled)).to_have_count(1)
        expect(compiled.get_by_role("tabpanel", name=name)).to_be_visible()
        assert compiled.url == f"{site}?view={name.lower()}"
    compiled.get_by_role("tab", name="Samples").focus()
    for key, name in {"ArrowRight": "Learning", "End": "Runs", "ArrowLeft": "Code"}.items():
        compiled.keyboard.press(key)
        expect(compiled.get_by_role("tab", name=name)).to_be_focused()
        expect(compiled.get_by_role("tabpanel", name=name)).to_be_visible()
    compiled.reload()
    expect(compiled.get_by_role("tabpanel", name="Code")).to_be_visible()
    compiled.goto(f"{site}?view=no-such-view#views")
    expect(compiled.get_by_role("tabpanel", name="Samples")).to_be_visible()


def test_a_view_leaves_the_link_alone(
    compiled: Page, new_context: Callable[[], BrowserContext]
) -> None:
    compiled.get_by_role("button", name="Share as a link").click()
    expect(compiled.get_by_role("textbox", name="Link")).to_have_value(LINK)
    link = compiled.get_by_role("textbox", name="Link").input_value()
    friend = new_context().new_page()
    friend.set_viewport_size({"width": 375, "height": 667})
    friend.goto(link)
    wait_for_state(friend, "finished")
    items = friend.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    assert in_sight(friend, "#samples li"), "a friend sees names, without scrolling"
    open_view(friend, "Learning")
    assert friend.url == link.replace("#", "?view=learning#")


def test_two_views_on_a_very_wide_screen(first_model: Page) -> None:
    first_model.set_viewport_size({"width": 2560, "height": 1400})
    both = {"Samples": "Learning", "Learning": "Samples", "Inside": "Samples", "Runs": "Samples"}
    for name, beside in both.items():
        open_view(first_model, name)
        expect(shown_views(first_model)).to_have_count(2)
        expect(first_model.get_by_role("slider", name="Temperature")).to_have_count(1)
        expect(first_model.get_by_role("tabpanel", name=beside)).to_be_visible()
    first_model.set_viewport_size({"width": 1280, "height": 900})
    expect(shown_views(first_model)).to_have_count(1)


def test_one_thing_to_do_next(first_model: Page) -> None:
    first_model.get_by_role("combobox", name="Engine").select_option("Scalar")
    assert primary(first_model) == ["Train"], (
        "another engine was chosen, so there is something to train"
    )
    set_number(first_model, "steps", 100_000)
    first_model.get_by_role("button", name="Train").click()
    wait_for_state(first_model, "training")
    assert primary(first_model) == ["Pause"]
    first_model.get_by_role("button", name="Pause").click()
    wait_for_state(first_model, "paused")
    assert primary(first_model) == ["Resume"]
    first_model.get_by_role("button", name="Stop").click()
    wait_for_state(first_model, "finished")
    assert primary(first_model) == ["Share as a link"]
    upload(first_model, "own.txt", b"anna\nbella\n")
    expect(first_model.get_by_role("status", name="Corpus")).to_contain_text("own.txt")
    assert primary(first_model) == ["Train"]


def test_the_bar_stays_in_sight(first_model: Page) -> None:
    for width in (375, 1280):
        first_model.set_viewport_size({"width": width, "height": 700})
        for name in ("Samples", "Learning", "Inside", "Runs"):
            open_view(first_model, name)
            first_model.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            for button in ("#train", "#pause", "#stop", "#share", f"#tab-{name.lower()}"):
                if width < 700 or not button.startswith("#tab"):
                    assert in_sight(first_model, button)


def test_an_error_is_in_sight_and_moves_nothing(shared: Page) -> None:
    shared.set_viewport_size({"width": 375, "height": 700})
    shared.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    before = shared.evaluate("scrollY")
    shared.evaluate("location.hash = '#m=nonsense'")
    expect(shared.get_by_role("alert")).to_be_visible()
    assert in_sight(shared, "[role=alert] p")
    assert shared.evaluate("scrollY") == before
    wait_until_up(shared)
