"""The page for everybody: by keyboard, on a phone, in both colour schemes, without motion."""

from playwright.sync_api import Page, expect

from browser.conftest import (
    open_view,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
    wait_until_up,
)


def test_axe_finds_nothing_in_any_state(page: Page) -> None:
    assert violations(page) == []
    wait_until_up(page)
    page.get_by_role("combobox", name="Engine").select_option("Scalar")
    page.get_by_text("All settings").click()
    upload(page, "empty.txt", b"")
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    assert violations(page) == []
    set_number(page, "steps", 100_000)  # so that it lasts until it is stopped
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")
    assert violations(page) == []
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    assert violations(page) == []
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")
    items = page.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)
    assert violations(page) == []


def test_the_contract_of_roles_and_names(slow: Page) -> None:
    train_to_the_end(slow, 3)
    everywhere = {
        "textbox": ["Paste text"],
        "combobox": ["Example", "Engine"],
        "status": ["Corpus", "Training status"],
        "button": ["Train", "Pause", "Stop", "Share as a link"],
        "progressbar": ["Training progress"],
        "tablist": ["Views"],
        "tab": ["Samples", "Learning", "Inside", "Code", "Runs"],
        "slider": ["Step shown"],
    }
    in_view: dict[str, dict[str, list[str]]] = {
        "Samples": {
            "list": ["Samples"],
            "spinbutton": ["Number of samples"],
            "slider": ["Temperature"],
            "textbox": ["Starts with"],
            "button": ["Sample"],
        },
        "Learning": {"img": ["Loss"], "table": ["Loss"], "button": ["Download losses"]},
        "Inside": {
            "tablist": ["Parts of the view Inside"],
            "textbox": ["Line"],
            "slider": ["Temperature"],
            "radiogroup": ["Position"],
        },
        "Code": {"tablist": ["Files of the algorithm"], "textbox": ["Code of autograd.py"]},
        "Runs": {},
    }
    for view, own in in_view.items():
        open_view(slow, view)
        for role, names in [*everywhere.items(), *own.items()]:
            for name in names:  # each name finds one thing, also as a part of a name
                found = slow.get_by_role(role, name=name)  # type: ignore[arg-type]
                expect(found).to_have_count(1)
        expect(slow.get_by_label("Upload a text file")).to_have_count(1)
        assert violations(slow) == []


def test_a_whole_run_by_keyboard_alone(ready: Page) -> None:
    def tab_to(name: str) -> None:
        for _ in range(60):
            ready.keyboard.press("Tab")
            focused = ready.evaluate(
                "document.activeElement.labels?.[0]?.textContent"
                " ?? document.activeElement.textContent"
            )
            if focused.strip() == name:
                return
        raise AssertionError(f"{name} can't be reached with the Tab key")

    tab_to("Paste text")
    ready.keyboard.type("anna\nbella\ncarla")
    tab_to("steps")
    ready.keyboard.press("Control+a")
    ready.keyboard.type("200")
    tab_to("Train")
    ready.keyboard.press("Enter")
    wait_for_state(ready, "training")
    # The pressed button is disabled now; the next useful one has the focus.
    expect(ready.get_by_role("button", name="Pause")).to_be_focused()
    ready.keyboard.press("Enter")
    wait_for_state(ready, "paused")
    expect(ready.get_by_role("button", name="Resume")).to_be_focused()
    ready.keyboard.press("Enter")
    wait_for_state(ready, "finished")
    # Not Train: one press too many must not begin a new run.
    expect(ready.get_by_role("button", name="Sample", exact=True)).to_be_focused()
    ready.keyboard.press("Shift+Tab")
    expect(ready.get_by_role("textbox", name="Starts with")).to_be_focused()
    ready.keyboard.press("Shift+Tab")
    ready.keyboard.press("ArrowRight")
    expect(ready.locator("output")).to_have_text("0.55")
    tab_to("Starts with")
    ready.keyboard.type("be")
    ready.keyboard.press("Enter")
    expect(ready.get_by_text("20 samples drawn.")).to_be_visible()
    first = ready.get_by_role("list", name="Samples").get_by_role("listitem").first
    expect(first).to_contain_text("be")


def test_it_fits_a_phone(slow: Page) -> None:
    slow.set_viewport_size({"width": 375, "height": 700})
    upload(slow, "a-very-long-name-of-a-file-that-has-no-blank-in-it-at-all.txt", b"x" * 300)
    expect(slow.get_by_role("status", name="Corpus")).to_contain_text("up to 300 letters")
    slow.get_by_text("All settings").click()
    set_number(slow, "n_embd", 4)
    train_to_the_end(slow, 20)
    expect(slow.get_by_role("list", name="Samples").get_by_role("listitem")).to_have_count(20)
    width = slow.evaluate("document.documentElement.scrollWidth")
    assert width <= 375, "nothing to scroll sideways"
    assert violations(slow) == []
    sizes = slow.evaluate(
        "[...document.querySelectorAll('button, select, input')].filter((e) => e.checkVisibility())"
        ".map((e) => e.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 24, "large enough to touch (WCAG 2.2, 2.5.8)"


def test_nothing_moves_for_those_who_asked_for_it(shared: Page) -> None:
    shared.emulate_media(reduced_motion="reduce")
    moving = shared.evaluate(
        """[...document.querySelectorAll("*")].filter((e) => {
            const style = getComputedStyle(e);
            return style.transitionDuration !== "0s" || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0
