"""The view Code: the algorithm's files, their editor, and what is kept of changes."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, Request, expect

from browser.conftest import open_view, violations


def code_of(page: Page, file: str) -> Locator:
    return page.get_by_role("textbox", name=f"Code of {file}")


def file_tab(page: Page, file: str) -> Locator:
    return page.get_by_role("tablist", name="Files of the algorithm").get_by_role("tab", name=file)


def problems(page: Page) -> Locator:
    return page.get_by_role("status", name="Problems")


def wait_until_kept(page: Page, files: str) -> None:
    page.evaluate(
        """async (files) => {
            const { keptCode } = await import(`${location.pathname}kept/code.js`);
            const isKept = async () => Object.keys(await keptCode()).join() === files;
            while (!(await isKept())) await new Promise((done) => setTimeout(done, 20));
        }""",
        files,
    )


def show(page: Page, file: str) -> Locator:
    file_tab(page, file).click()
    code = code_of(page, file)
    expect(code).to_be_visible()
    return code


def test_the_algorithm_is_read_and_edited(compiled: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    assert not compiled.evaluate(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('codemirror/'))"
    ), "the editor isn't loaded before it is wanted"
    compiled.on("request", note)
    open_view(compiled, "Code")
    code = code_of(compiled, "autograd.py")
    expect(code).to_contain_text("class Value:")
    assert any("codemirror/view.js" in url for url in asked)
    expect(compiled.get_by_role("tabpanel", name="Code")).to_contain_text("450 lines of code")
    tabs = compiled.get_by_role("tablist", name="Files of the algorithm").get_by_role("tab")
    expect(tabs).to_have_count(9)
    expect(file_tab(compiled, "model.py")).to_have_accessible_description(re.compile("^The GPT: "))
    styles = "document.getElementById('code-editor').shadowRoot.querySelectorAll('style').length"
    assert compiled.evaluate(styles) == 0, "the policy would forbid them"

    # Type, with an error, which Python finds; then undo.
    code = show(compiled, "optimizer.py")
    expect(code).to_have_accessible_description(
        re.compile("to leave the editor by keyboard, press Escape")
    )
    code.press("Control+End")
    compiled.keyboard.insert_text("x = (1,\n")
    expect(problems(compiled)).to_have_text("Line 56: '(' was never closed.")
    expect(code).to_have_accessible_description(re.compile(r"Line 56 ?: '\(' was never closed\."))
    expect(compiled.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(file_tab(compiled, "optimizer.py")).to_have_accessible_name(
        "optimizer.py changed, error"
    )
    assert violations(compiled) == []
    code.press("Control+Home")
    compiled.keyboard.type("\n\n")
    expect(problems(compiled)).to_have_text("Line 58: '(' was never closed.")
    show(compiled, "model.py")
    expect(problems(compiled)).to_have_text("")
    code = show(compiled, "optimizer.py")
    compiled.get_by_role("button", name="Line 58").click()
    expect(code).to_be_focused()
    compiled.keyboard.press("End")
    compiled.keyboard.type("2)")
    expect(problems(compiled)).to_have_text("")
    expect(file_tab(compiled, "optimizer.py")).to_have_accessible_name("optimizer.py changed")
    for _ in range(4):
        compiled.keyboard.press("Control+z")
    expect(file_tab(compiled, "optimizer.py")).to_have_accessible_name("optimizer.py")

    # Tab indents, until Escape was pressed.
    code.press("Control+Home")
    compiled.keyboard.press("Tab")
    expect(code.locator(".cm-line").first).to_have_text(
        '    """Adam: how the weights follow their gradients.'
    )
    expect(problems(compiled)).to_contain_text("Line 1: Unexpected indent.")
    compiled.keyboard.press("Shift+Tab")
    expect(problems(compiled)).to_have_text("")
    compiled.keyboard.press("Escape")
    compiled.keyboard.press("Shift+Tab")
    expect(file_tab(compiled, "optimizer.py")).to_be_focused()

    # Find.
    code.press("Control+Home")
    compiled.keyboard.press("Control+f")
    find = compiled.get_by_role("textbox", name="Find")
    expect(find).to_be_focused()
    compiled.keyboard.type("beta1")
    compiled.keyboard.press("Enter")
    expect(compiled.locator(".cm-searchMatch-selected")).to_have_text("beta1")
    compiled.set_viewport_size({"width": 375, "height": 700})
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    assert violations(compiled) == []
    compiled.keyboard.press("Escape")
    expect(find).to_have_count(0)
    expect(code).to_be_focused()


def another_tab_keeps(page: Page, texts: dict[str, str], known: dict[str, str]) -> None:
    page.evaluate(
        """async ([texts, known]) => {
            const { keepCode } = await import(`${location.pathname}kept/code.js`);
            await keepCode(texts, known);
        }""",
        [texts, known],
    )


def test_changes_are_shown_kept_and_taken_back(compiled: Page) -> None:
    open_view(compiled, "Code")
    change = "# Résumé 🙂 of mine\n"
    for file in ("model.py", "sampling.py"):
        show(compiled, file).press("Control+Home")
        compiled.keyboard.insert_text(change)
        expect(file_tab(compiled, file)).to_have_accessible_name(f"{file} changed")
    compiled.keyboard.insert_text("#" * 400_001)
    expect(compiled.locator("#code-kept")).to_contain_text("a file can have 400,000 characters")
    difference = compiled.locator("#code-difference")
    expect(difference.locator("summary")).to_have_text(
        "Difference to the original: model.py, 1 line added; sampling.py, 1 line added"
    )
    difference.locator("summary").click()
    table = difference.get_by_role("table", name="model.py")
    added = table.get_by_role("row").filter(has_text="added")
    expect(added.get_by_role("cell")).to_have_text(["", "1", "+added", change.strip()])
    assert violations(compiled) == []
    wait_until_kept(compiled, "model.py,sampling.py")

    # What another tab keeps of other files stays; of the same file the newest is kept, and said.
    another_tab_keeps(compiled, {"training.py": "pass"}, {})
    another_tab_keeps(compiled, {"model.py": "pass"}, {})
    show(compiled, "model.py").press("Control+Home")
    compiled.keyboard.insert_text("#")
    expect(compiled.locator("#code-kept")).to_contain_text("Another tab has changed model.py, too")
    wait_until_kept(compiled, "model.py,sampling.py,training.py")
    compiled.keyboard.press("Backspace")
    compiled.evaluate(
        """async (text) => {
            const { keptCode } = await import(`${location.pathname}kept/code.js`);
            while (!(await keptCode())["model.py"].startsWith(text)) {
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
        }""",
        change,
    )
    another_tab_keeps(compiled, {}, {"training.py": "pass"})

    compiled.reload()
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py changed")
    code = show(compiled, "model.py")
    expect(code.locator(".cm-line").first).to_have_text(change.strip())
    compiled.get_by_role("button", name="Reset model.py").press("Enter")
    expect(code.locator(".cm-line").first).to_contain_text("The GPT: its weights")
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py")
    undo = compiled.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(code.locator(".cm-line").first).to_have_text(change.strip())
    # What was typed since isn't put back to what it was.
    compiled.get_by_role("button", name="Reset model.py").click()
    expect(undo).to_be_visible()
    code.press("Control+Home")
    compiled.keyboard.insert_text(change)
    expect(undo).to_be_hidden()
    compiled.get_by_role("button", name="Reset all files").click()
    expect(compiled.get_by_role("status", name="What was reset")).to_have_text(
        "2 files are as the original again."
    )
    expect(difference).to_be_hidden()
    wait_until_kept(compiled, "")
    undo.click()
    expect(file_tab(compiled, "sampling.py")).to_have_accessible_name("sampling.py changed")

    # "Delete everything kept here" means these, too, also where they are about to be kept.
    open_view(compiled, "Runs")
    compiled.get_by_role("button", name="Delete everything kept here").click()
    undone = compiled.get_by_role("status", name="What was deleted")
    expect(undone).to_have_text("Deleted: the changed code.")
    open_view(compiled, "Code")
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py")
    open_view(compiled, "Runs")
    compiled.get_by_role("button", name="Undo").click()
    expect(undone).to_have_text("")
    compiled.get_by_role("checkbox", name="Keep my runs in this browser").uncheck()
    open_view(compiled, "Code")
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py changed")
    show(compiled, "training.py").press("Control+Home")
    compiled.keyboard.insert_text(change)
    expect(compiled.get_by_role("status", name="Changes to the code")).to_contain_text(
        "gone with this page"
    )
    compiled.reload()
    expect(file_tab(compiled, "model.py")).to_have_accessible_name("model.py changed")
    expect(file_tab(compiled, "training.py")).to_have_accessible_name("training.py")
