"""Brings a page that tests use one after the other back to how it began.

Not for tests of how the page opens, of what it keeps, or that open a model: theirs is a page of
their own.
"""

from __future__ import annotations

from playwright.sync_api import Page, expect

from browser.waiting import wait_until

# What has been chosen elsewhere than in the settings and the text, which an example brings along.
TAKE_BACK = """() => {
    const byId = (id) => document.getElementById(id);
    const set = (id, property, value) => {
        if (byId(id)[property] === value) return;
        byId(id)[property] = value;
        for (const type of ["input", "change"]) {
            byId(id).dispatchEvent(new Event(type, { bubbles: true }));
        }
    };
    document.activeElement.blur();
    document.querySelector("dialog[open]")?.close();
    document.querySelector(":popover-open")?.hidePopover();
    byId("alert").querySelector("button")?.click();
    for (const id of ["why-close", "clear-wishes", "tab-samples"]) byId(id).click();
    for (const details of document.querySelectorAll("details")) details.open = false;
    set("log-steps", "checked", false);
    set("show-surprise", "checked", false);
    set("sort", "value", "drawn");
    set("prefix", "value", "");
    set("count", "value", "20");
    history.replaceState(null, "", location.pathname);
    scrollTo(0, 0);
}"""

# Notices that a run has begun: the state from before may be that of its end.
NOTICE = """() => {
    const html = document.documentElement;
    window.hasBegun = false;
    const observer = new MutationObserver(() => {
        if (html.dataset.state !== "training") return;
        observer.disconnect();
        window.hasBegun = true;
    });
    observer.observe(html, { attributeFilter: ["data-state"] });
}"""


def begin_again(page: Page) -> None:
    """The text, the settings and the view that the page begins with, beside any model."""
    page.bring_to_front()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.evaluate(TAKE_BACK)
    page.get_by_role("combobox", name="Example").select_option("First names")
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("First names: 5,163 names")
    expect(page.get_by_role("combobox", name="Preset")).to_have_value("The original")


def train_first_model(page: Page) -> None:
    """The model that the page begins with."""
    page.evaluate(NOTICE)
    page.get_by_role("button", name="Train").click()
    wait_until(page, "() => window.hasBegun")
    expect(page.locator("html[data-state=finished]")).to_be_attached()
    expect(page.get_by_text("20 samples drawn.")).to_be_visible()


def end_run(page: Page) -> None:
    """So that the tests in between have the processor to themselves."""
    stop = page.get_by_role("button", name="Stop")
    if stop.is_enabled():
        stop.click()
    expect(page.locator("html[data-state=finished]")).to_be_attached()
