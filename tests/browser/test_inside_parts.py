"""In the view Inside: where heads look, what each part is worth, and what a neuron does."""

import re
from itertools import pairwise

from playwright.sync_api import Locator, Page, expect

from browser.conftest import open_view, train_to_the_end, violations


def open_part(page: Page, name: str) -> Locator:
    open_view(page, "Inside")
    open_view(page, name)
    return page.get_by_role("tabpanel", name=name, exact=True)


def figure(panel: Locator, title: str) -> Locator:
    heading = panel.page.get_by_role("heading", name=title, exact=True)
    return panel.get_by_role("figure").filter(has=heading)


def picture(of: Locator) -> Locator:
    return of.get_by_role("img")


def readout(of: Locator) -> Locator:
    return of.get_by_role("status")


def table(of: Locator) -> list[list[str]]:
    """A figure's rows as they stand on the page, which are opened for that and closed again."""
    of.get_by_text("As a table").click()
    found = cells(of)
    of.get_by_text("As a table").click()
    return found


def cells(of: Locator) -> list[list[str]]:
    """What a table in there has, below its head."""
    rows: list[list[str]] = of.get_by_role("table").evaluate(
        "table => [...table.tBodies[0].rows].map((row) => [...row.cells].map((c) => c.textContent))"
    )
    return rows


def test_where_heads_look_and_what_that_is_worth(compiled: Page) -> None:
    panel = open_part(compiled, "Attention")
    compiled.get_by_role("textbox", name="Line", exact=True).fill("emma")
    head = figure(panel, "Layer 0, head 1")
    image = picture(head)
    expect(image).to_have_accessible_name(
        re.compile("^Layer 0, head 1. Share of attention in ‘emma’")
    )

    rows = table(head)
    assert [row[1] for row in rows] == ["BOS", *"ee", *"mmm", *"mmmm", *"aaaaa"]
    shares = {(int(row[0]), int(row[2])): float(row[4]) for row in rows}
    for position in range(5):
        looked = [share for (by, _), share in shares.items() if by == position]
        assert abs(sum(looked) - 1) < 1e-3

    image.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        compiled.keyboard.press(key)
    expect(readout(head)).to_have_text(
        re.compile(r"^Layer 0, head 1: at ‘m’, position 2, it looks [\d.]+ % at ‘e’, position 1\.$")
    )
    said = re.search(r"looks ([\d.]+) %", readout(head).inner_text())
    assert said
    assert abs(float(said[1]) - 100 * shares[2, 1]) <= 0.5
    compiled.keyboard.press("End")
    expect(readout(head)).to_contain_text("can't look at ‘a’, position 4, which comes later")
    side = (image.evaluate("canvas => canvas.clientHeight") - 19) / 5
    width = image.evaluate("canvas => canvas.clientWidth")
    image.hover(position={"x": width - 4.5 * side, "y": 18 + 4.5 * side})
    expect(readout(head)).to_contain_text("at ‘a’, position 4, it looks ")
    expect(readout(head)).to_contain_text("at the beginning, position 0.")

    worth = (
        r"(No difference found without it: [+−]|Without it the loss is )0\.\d{4} ± 0\.\d{4} nats"
    )
    for number in range(4):
        expect(
            figure(panel, f"Layer 0, head {number}").get_by_text(re.compile(worth))
        ).to_be_visible()
    expect(
        panel.get_by_text("All heads of layer 0 together. Without them the loss")
    ).to_be_visible()
    expect(panel.get_by_text("on 1,000 lines that it hasn't learned from")).to_be_visible()

    far = figure(panel, "How far back each head looks")
    picture(far).focus()
    compiled.keyboard.press("ArrowRight")
    itself = re.compile(
        r"^layer 0, head 0, the position itself: [\d.]+ % of its attention; all alike"
    )
    expect(readout(far)).to_have_text(itself)
    compiled.keyboard.press("ArrowDown")
    compiled.keyboard.press("ArrowRight")
    expect(readout(far)).to_contain_text("layer 0, head 1, 1 back: ")
    picture(far).hover(position={"x": 5, "y": 30})
    expect(readout(far)).to_have_text(itself)
    assert violations(compiled) == []
    compiled.set_viewport_size({"width": 375, "height": 800})
    expect(figure(panel, "Layer 0, head 3").get_by_role("button", name="PNG")).to_be_visible()
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375
    panel.get_by_role("button", name="What every part is worth").click()
    expect(compiled.get_by_role("tab", name="Parts")).to_have_attribute("aria-selected", "true")


def test_what_each_part_is_worth_down_to_a_neuron(compiled: Page) -> None:
    train_to_the_end(compiled, 50)
    panel = open_part(compiled, "Parts")
    expect(
        panel.get_by_text(re.compile(r"^The whole model's loss is \d\.\d{4} nats on"))
    ).to_be_visible()
    expect(panel.get_by_role("progressbar")).to_be_hidden()
    worths = figure(panel, "The loss without each part")
    rows = [row for row in table(worths) if "neuron" not in row[0]]
    parts = ["letters (wte)", "positions (wpe)", "layer 0, all attention"]
    parts += [*(f"layer 0, head {i}" for i in range(4)), "layer 0, MLP"]
    assert [row[0] for row in rows] == parts

    # By keyboard: what a part is worth, and what is made without it.
    chosen = panel.get_by_role("region", name="A part that is chosen")
    picture(worths).focus()
    for _ in range(2):
        compiled.keyboard.press("ArrowDown")
    expect(readout(worths)).to_have_text(
        re.compile(r"^positions \(wpe\): .* [\d,]+ of 1,000 lines are worse off\.$")
    )
    compiled.keyboard.press("End")
    compiled.keyboard.press("Enter")
    expect(chosen.get_by_role("heading", name="Without layer 0, MLP")).to_be_visible()
    expect(chosen.get_by_role("combobox")).to_have_value("layer0.mlp")
    pairs = cells(chosen)
    assert len(pairs) == 20
    same = sum(whole == without for whole, without in pairs)
    assert same < 20
    expect(chosen.get_by_text(f"{same} of 20 samples are the same without it")).to_be_visible()

    # By pointer, in the order of size.
    panel.get_by_role("combobox", name="Order").select_option("by size")
    largest = max(rows, key=lambda row: float(row[2].replace("−", "-")))[0]
    picture(worths).hover(position={"x": 60, "y": 10})
    expect(readout(worths)).to_contain_text(f"{largest}: ")
    picture(worths).click(position={"x": 60, "y": 10})
    expect(chosen.get_by_role("heading", name=f"Without {largest}")).to_be_visible()

    # Neurons: by pointer, by keyboard, and by name.
    grid = figure(panel, "Neurons of layer 0")
    picture(grid).click(position={"x": 30, "y": 8})
    expect(
        chosen.get_by_role("heading", name="Without layer 0, neuron 0", exact=True)
    ).to_be_visible()
    picture(grid).focus()
    compiled.keyboard.press("ArrowRight")
    expect(readout(grid)).to_contain_text("Neuron 1: ")
    compiled.keyboard.press("Enter")
    expect(
        chosen.get_by_role("heading", name="Without layer 0, neuron 1", exact=True)
    ).to_be_visible()
    chosen.get_by_role("combobox").select_option("layer 0, neuron 40")
    expect(chosen.get_by_role("heading", name="Without layer 0, neuron 40")).to_be_visible()
    expect(
        chosen.get_by_text(re.compile(r"^It is active at [\d.]+ % of the positions"))
    ).to_be_visible()
    listed = chosen.get_by_role("list").get_by_role("listitem")
    beginnings = listed.all_inner_texts()
    assert len(beginnings) == 10
    moved = [float(text.split()[-1]) for text in beginnings]
    assert all(more >= less > 0 for more, less in pairwise(moved))
    effects = figure(chosen, "What it does to the logits")
    expect(effects.get_by_role("row")).to_have_count(0)
    logits = [float(row[1].replace("−", "-")) for row in table(effects)]
    assert len(logits) == 27
    assert logits == sorted(logits, reverse=True)
    picture(effects).focus()
    compiled.keyboard.press("End")
    expect(readout(effects)).to_have_text(
        re.compile(rf"lowered by {abs(logits[-1]):.2f} for every unit\.$")
    )
    assert violations(compiled) == []
    compiled.set_viewport_size({"width": 375, "height": 800})
    expect(picture(effects)).to_be_visible()
    assert compiled.evaluate("document.documentElement.scrollWidth") <= 375

    # So little training leaves most parts with nothing to do.
    expect(
        panel.get_by_text(re.compile(r"^\d of the 8 parts below are worth less than 0\.02 nats"))
    ).to_be_visible()
    panel.get_by_role("button", name="Train 20 times longer (950 more steps)").click()
    status = compiled.get_by_role("status", name="Training status")
    expect(status).to_contain_text("1000 of 1000 steps")
    # What is chosen is told of the model as it is now.
    expect(listed).not_to_have_text(beginnings)
    expect(chosen.get_by_role("heading", name="Without layer 0, neuron 40")).to_be_visible()
