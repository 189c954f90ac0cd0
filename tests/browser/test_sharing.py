"""Links, QR codes and files in the page: one visitor sends, another one receives."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from browser.conftest import (
    Watch,
    csv_losses,
    open_view,
    samples,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
)
from browser.waiting import wait_until
from golden import make
from microgpt import Session
from microgpt.engines.engine import State
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import from_mapping
from microgpt.sharing.checkpoint import written
from microgpt.sharing.links import Recipe, recipe_link, text_hash, weights_hash
from microgpt.sharing.saved import Described, Provenance

ENGINES = ("Compiled", "Compiled-float32", "Scalar")
TORCH_RUN = Path(make.__file__).parent / "torch" / "run.safetensors"
NAMES = b"anna\nbob\ncarla\ndave\nemma\nfred\nhanna\nida\njob\nkarl\n"


@pytest.fixture
def receiver(new_context: Callable[[], BrowserContext]) -> Page:
    """Another visitor, who has been given something."""
    return new_context().new_page()


@pytest.fixture(scope="session")
def sender(first_names_file: Path) -> Session:
    """Somebody who has trained a model and shares it: where that page isn't what is tested."""
    session = Session()
    session.load(first_names_file.read_bytes(), "First names")
    session.start({}, engine="compiled")
    session.advance(1e9)
    return session


@pytest.fixture(scope="session")
def model_fragment(sender: Session) -> str:
    return str(sender.link("", 1900)["address"])


@pytest.fixture
def model_link(model_fragment: str, site: str) -> str:
    """An address with a model of first names in it."""
    return site + model_fragment


def facts(page: Page) -> Locator:
    return page.get_by_role("status", name="About this link")


def share(page: Page, kind: str = "2,000 characters") -> str:
    """Open the dialog and choose a link; its address."""
    if not page.get_by_role("dialog").is_visible():
        page.get_by_role("button", name="Share as a link").click()
    page.get_by_role("radio", name=kind).check()
    expect(page.get_by_role("button", name="Copy link")).to_be_enabled()
    address = page.get_by_role("textbox", name="Link").input_value()
    expect(facts(page)).to_contain_text(f"{len(address):,} characters.")
    return address


def elsewhere(address: str, site: str) -> str:
    """The same link, to where nobody has been before."""
    return site + address[address.index("#") :]


def expect_samples(page: Page) -> None:
    items = page.get_by_role("list", name="Samples").get_by_role("listitem")
    expect(items).to_have_count(20)


def card(page: Page) -> Locator:
    return page.locator("#opened")


def test_a_link_carries_the_model(
    shared: Page, receiver: Page, site: str, first_names_file: Path
) -> None:
    upload(shared, "mine.txt", first_names_file.read_bytes())
    set_number(shared, "holdout", 0.1)
    train_to_the_end(shared, 1000)
    limits = {"1,200": 0.06, "4,000": 0.01, "2,000": 0.03}  # nats
    for characters, limit in limits.items():
        address = share(shared, f"{characters} characters")
        assert len(address) <= int(characters.replace(",", ""))
        measured = re.search(
            r"Loss on ([\d,]+) lines of mine.txt that it never learned from: ([\d.]+) as it is, "
            r"([\d.]+) in the link",
            facts(shared).inner_text(),
        )
        assert measured is not None
        assert float(measured[3]) - float(measured[2]) <= limit
    expect(facts(shared)).to_contain_text("The text is not in it.")

    receiver.goto(elsewhere(address, site))
    expect(card(receiver)).to_contain_text("A link was opened. It is read as soon as Python is up.")
    expect_samples(receiver)
    wait_for_state(receiver, "finished")
    expect(card(receiver)).to_contain_text("A model from a link")
    expect(card(receiver)).to_contain_text("mine.txt: 4,647 lines, 1,000 steps, loss 2.")
    expect(card(receiver)).to_contain_text("held-out loss 2.")
    expect(receiver.get_by_role("alert")).to_be_hidden()
    # What the page draws from the link is what the package draws from it.
    session = Session()
    session.open_link(address)
    expected = [sample["text"] for sample in session.sample(20, original=True)]
    assert samples(receiver) == [text for text in expected if text]


def test_a_link_goes_through_unchanged_whatever_programs_write_behind_it(
    receiver: Page, model_link: str
) -> None:
    """Whoever passes a model on loses nothing a second time."""
    receiver.goto(model_link + "”)")
    expect_samples(receiver)
    assert share(receiver) == model_link
    receiver.get_by_role("button", name="Close").click()
    for behind in ("%20and", "&gt;", ">, see"):
        receiver.evaluate("hash => { location.hash = hash }", model_link.partition("#")[2] + behind)
        expect(receiver.get_by_role("alert")).to_contain_text("This link is damaged")
        receiver.get_by_role("button", name="Dismiss").click()


def test_a_link_is_made_without_a_network(context: BrowserContext, site: str, watch: Watch) -> None:
    """And without a service worker; only the QR code needs a file that isn't there yet."""
    watch.errors_are_expected = True
    page = context.new_page()
    with page.expect_response("**/python_later.zip*", timeout=90_000) as later:
        page.goto(site)
    later.value.finished()
    train_to_the_end(page, 100)
    context.set_offline(True)
    share(page)
    expect(facts(page)).to_contain_text("The QR code could not be made")
    expect(page.get_by_role("button", name="Download QR code")).to_be_disabled()
    context.set_offline(False)
    share(page, "1,200 characters")
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    wait_for_state(page, "finished")


def test_another_models_link_leaves_the_address(
    receiver: Page, model_link: str, sender: Session, tmp_path: Path
) -> None:
    receiver.goto(model_link)
    expect_samples(receiver)
    file = tmp_path / "model.safetensors"
    file.write_bytes(sender.save_model())
    open_file(receiver, file)
    expect(card(receiver)).to_contain_text("A model from a file")
    assert "#" not in receiver.url
    receiver.evaluate("location.hash = 'm=AAAA'")
    expect(receiver.get_by_role("alert")).to_contain_text("link")
    expect(card(receiver)).to_contain_text("A model from a file")


def test_fits_are_told(shared: Page) -> None:
    train_to_the_end(shared, 300)
    share(shared, "2,000 characters")
    expect(facts(shared)).to_contain_text("Fits a message in Discord (2,000), Slack (4,000)")
    share(shared, "4,000 characters")
    expect(facts(shared)).to_contain_text("Too long for Discord (2,000).")
    expect(facts(shared)).to_contain_text("Too long for a QR code")
    expect(shared.get_by_role("button", name="Download QR code")).to_be_disabled()


def test_a_qr_code_is_the_link(shared: Page, tmp_path: Path) -> None:
    train_to_the_end(shared, 300)
    address = share(shared)
    expect(shared.get_by_role("img", name="The link as a QR code")).to_be_visible()
    with shared.expect_download() as download:
        shared.get_by_role("button", name="Download QR code").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".svg"
    shown = shared.context.new_page()
    shown.set_content(path.read_text())
    shown.locator("svg").evaluate("svg => svg.style.width = '800px'")
    picture = Image.open(io.BytesIO(shown.locator("svg").screenshot()))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [address]


def test_a_link_is_trained_on(receiver: Page, model_link: str, tmp_path: Path) -> None:
    receiver.goto(model_link)
    expect_samples(receiver)
    upload(receiver, "mine.txt", "émile\nzoë\nanna\n".encode())
    origin = receiver.get_by_role("combobox", name="Begin with")
    expect(origin).to_have_value("opened")
    expect(receiver.get_by_text("New to the model: é ë.")).to_be_visible()
    expect(receiver.get_by_text("Not in this text: b c d f")).to_be_visible()
    expect(receiver.get_by_role("spinbutton", name="n_embd")).to_be_disabled()
    train_to_the_end(receiver, 50)
    continued = csv_losses(receiver, tmp_path)
    assert "#" not in receiver.url, "what is learned now is another model"
    origin.select_option("Random weights")
    expect(receiver.get_by_role("spinbutton", name="n_embd")).to_be_enabled()
    train_to_the_end(receiver, 60)
    assert csv_losses(receiver, tmp_path)[0] != continued[0]
    share(receiver)
    expect(facts(receiver)).to_contain_text("mine.txt: 3 lines, 60 steps")


def test_what_began_with_a_model_keeps_its_shape_and_says_so(
    receiver: Page, model_link: str
) -> None:
    receiver.goto(model_link)
    expect_samples(receiver)
    preset = receiver.get_by_role("combobox", name="Preset")
    preset.select_option("Sharper names")
    expect(receiver.get_by_role("spinbutton", name="steps")).to_have_value("5000")
    width = receiver.get_by_role("spinbutton", name="n_embd")
    expect(width).to_have_value("16")
    upload(receiver, "mine.txt", NAMES)
    expect(receiver.get_by_role("status", name="Corpus")).to_contain_text("mine.txt: 10 lines")
    train_to_the_end(receiver, 50)  # one line is kept out, as the preset has it
    share(receiver)
    expect(facts(receiver)).to_contain_text("“mine.txt, after First names: 9 lines, 50 steps")
    receiver.get_by_role("radio", name="The recipe").check()
    expect(facts(receiver)).to_contain_text("Share the model itself instead.")
    receiver.get_by_role("button", name="Close").click()
    receiver.get_by_role("combobox", name="Begin with").select_option("Random weights")
    preset.select_option("Sharper names")
    expect(width).to_have_value("32")


def test_a_recipe_gives_the_same_bits(
    shared: Page, receiver: Page, site: str, tmp_path: Path, deep: bool
) -> None:
    upload(shared, "mine.txt", NAMES)
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    set_number(shared, "seed", 7)
    for steps, engine in enumerate(ENGINES if deep else ENGINES[:1], start=30):
        shared.get_by_role("combobox", name="Engine").select_option(engine)
        train_to_the_end(shared, steps)
        address = share(shared, "The recipe")
        assert "#r=" in address
        expect(facts(shared)).to_contain_text("The text itself is in it")
        receiver.goto(elsewhere(address, site))
        same = f"after step {steps} every bit of every weight is the same"
        expect(card(receiver)).to_contain_text(same)
        corpus = receiver.get_by_role("status", name="Corpus")
        expect(corpus).to_contain_text("mine.txt: 10 lines")
        chosen = receiver.get_by_role("combobox", name="Engine")
        expect(chosen).to_have_value(engine.lower())
        assert csv_losses(receiver, tmp_path) == csv_losses_behind_dialog(shared, tmp_path)


def csv_losses_behind_dialog(page: Page, folder: Path) -> list[float]:
    page.get_by_role("button", name="Close").click()
    return csv_losses(page, folder)


def test_a_recipe_of_an_example_that_was_stopped(shared: Page, receiver: Page, site: str) -> None:
    shared.get_by_role("combobox", name="Example").select_option("Places")
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("Places")
    set_number(shared, "steps", 1_000_000)
    shared.get_by_role("button", name="Train").click()
    wait_for_state(shared, "training")
    shared.get_by_role("button", name="Stop").click()
    wait_for_state(shared, "finished")
    address = share(shared, "The recipe")
    assert len(address) < 300, "the name of the text is enough"
    receiver.goto(elsewhere(address, site))
    expect(card(receiver)).to_contain_text("every bit of every weight is the same")
    expect(receiver.get_by_role("combobox", name="Example")).to_have_value("places.txt")


def recipe(site: str, **hyperparameters: float) -> str:
    """A recipe whose promise is false."""
    text = "\n".join(NAMES.decode().split()).encode()
    h = from_mapping(hyperparameters)
    made = Recipe(h, "compiled", h.steps, "n", text, "", text_hash(text), weights_hash(array("d")))
    return site + recipe_link(made, 4000)


def test_a_recipe_that_gives_something_else(receiver: Page, site: str) -> None:
    receiver.goto(recipe(site, steps=20))
    expect(card(receiver)).to_contain_text("After step 20 the weights are not the same.")
    wait_for_state(receiver, "finished")


def test_a_recipe_that_takes_long_waits_to_be_asked(receiver: Page, site: str) -> None:
    receiver.goto(recipe(site, steps=1_000_000, n_embd=64))
    expect(card(receiver)).to_contain_text("This takes about")
    wait_for_state(receiver, "ready")
    expect(receiver.get_by_role("spinbutton", name="steps")).to_have_value("1000000")
    receiver.get_by_role("button", name="Follow the recipe").click()
    wait_for_state(receiver, "training")
    receiver.get_by_role("button", name="Stop").click()
    wait_for_state(receiver, "finished")
    expect(card(receiver)).not_to_contain_text("the same")


def test_a_recipe_is_not_promised_where_engines_changed(slow: Page) -> None:
    set_number(slow, "steps", 400)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    slow.get_by_role("button", name="Pause").click()
    wait_for_state(slow, "paused")
    slow.get_by_role("combobox", name="Engine").select_option("Compiled")
    slow.get_by_role("button", name="Resume").click()
    wait_for_state(slow, "finished")
    slow.get_by_role("button", name="Share as a link").click()
    slow.get_by_role("radio", name="The recipe").check()
    expect(facts(slow)).to_contain_text("computed by more than one engine")


def damaged(address: str) -> dict[str, tuple[str, str]]:
    """Links that are none any more, and what is said of them."""
    site, fragment = address.split("#")
    data = bytearray(base64.urlsafe_b64decode(fragment[2:] + "=" * (-len(fragment[2:]) % 4)))
    data[0] = 99  # the format's version
    data[-4:] = zlib.crc32(b"m" + data[:-4]).to_bytes(4, "big")
    newer = "m=" + base64.urlsafe_b64encode(data).decode().rstrip("=")
    return {
        "cut": (address[:900], f"of {len(fragment) - 2:,} characters arrived"),
        "one letter": (
            f"{address[:700]}{'A' if address[700] != 'A' else 'B'}{address[701:]}",
            "checksum",
        ),
        "foreign letter": (f"{address[:700]}%{address[701:]}", "'%' at character"),
        "newer": (f"{site}#{newer}", "newer version"),
        "foreign": (f"{site}#section-2", "not a link from this page"),
    }


def test_damaged_links_are_refused_in_words(receiver: Page, model_link: str) -> None:
    links = list(damaged(model_link).values())
    alert = receiver.get_by_role("alert")
    receiver.goto(links[0][0])
    expect(alert).to_contain_text(links[0][1])
    expect(receiver.get_by_role("status", name="Corpus")).to_contain_text("First names")
    for address, words in links:
        receiver.evaluate("hash => { location.hash = hash }", address.partition("#")[2])
        expect(alert).to_contain_text(words)
        wait_for_state(receiver, "ready")
        expect(receiver.get_by_role("button", name="Train")).to_be_enabled()
        expect(card(receiver)).to_be_hidden()


def test_a_link_that_is_pasted_into_a_page_in_use(compiled: Page, model_link: str) -> None:
    compiled.evaluate("hash => { location.hash = hash }", model_link.partition("#")[2])
    expect_samples(compiled)
    expect(card(compiled)).to_contain_text("First names: 5,163 lines, 1,000 steps")
    drawn = samples(compiled)
    compiled.evaluate("location.hash = 'm=AAAA'")
    expect(compiled.get_by_role("alert")).to_contain_text("link")
    assert samples(compiled) == drawn, "what was there is kept"


def test_a_link_does_not_end_a_run(slow: Page) -> None:
    set_number(slow, "steps", 100_000)
    slow.get_by_role("button", name="Train").click()
    wait_for_state(slow, "training")
    slow.evaluate("location.hash = 'm=AAAA'")
    expect(slow.get_by_role("alert")).to_contain_text(
        "The link was not opened: a run is still going."
    )
    wait_for_state(slow, "training")


def save(page: Page, button: str, folder: Path) -> Path:
    if not page.get_by_role("dialog").is_visible():
        open_view(page, "Runs")
    wanted = page.get_by_role("button", name=button)
    expect(wanted).to_be_enabled()
    with page.expect_download() as download:
        wanted.press("Enter")  # it moves down when a run joins the list above it
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_file(page: Page, path: Path) -> None:
    page.get_by_label("Open a saved model or run").set_input_files(path)


def large_model(path: Path) -> None:
    """A file of 100 MB: its weights are 0."""
    h = Hyperparameters(n_layer=8, n_embd=512, n_head=8)
    model = Described(h, "abc", Provenance("large", 1, 1, 1.0))
    zeros = array("f", bytes(4 * model.layout.size))
    with path.open("wb") as file:
        file.writelines(written(model, State(zeros, zeros, zeros, 0)))


def test_a_file_is_read_in_pieces_and_as_a_whole_or_not_at_all(
    first_model: Page, tmp_path: Path
) -> None:
    page = first_model
    alert = page.get_by_role("alert")
    # Chosen where a text is, too; PyTorch has made it.
    page.get_by_label("Upload a text file").set_input_files(TORCH_RUN)
    expect(card(page)).to_contain_text("A run from a file")
    expect(page.get_by_role("status", name="Training status")).to_contain_text(
        "after step 12. Resume goes on from there"
    )
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")
    # It isn't any more what was chosen.
    path = tmp_path / "changed.safetensors"
    path.write_bytes(TORCH_RUN.read_bytes())
    page.evaluate(
        """() => {
            const chosen = document.createElement("input");
            document.body.append(Object.assign(chosen, { type: "file", id: "chosen" }));
        }"""
    )
    page.locator("#chosen").set_input_files(path)
    path.write_bytes(b"something else")
    page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(document.getElementById("chosen").files[0]);
            document.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
            document.getElementById("chosen").remove();
        }"""
    )
    expect(alert).to_contain_text("changed.safetensors can't be opened as a model. It could not be")
    expect(alert).to_contain_text("changed, moved or removed")
    expect(alert).to_contain_text("The model here is kept.")
    alert.get_by_role("button", name="Dismiss").click()
    # Thought better of.
    large_model(path)
    page.evaluate(
        """() => {
            const opening = document.getElementById("opening");
            new MutationObserver((_, watching) => {
                watching.disconnect();
                window.cancelled = document.getElementById("opening-words").textContent;
                opening.querySelector("button").click();
            }).observe(opening, { attributeFilter: ["hidden"] });
        }"""
    )
    open_file(page, path)
    wait_until(page, "() => window.cancelled && document.getElementById('opening').hidden")
    assert re.fullmatch(r"Reading changed\.safetensors: \d+ %", page.evaluate("window.cancelled"))
    expect(card(page)).to_contain_text("A run from a file")
    expect(alert).to_be_hidden()
    page.get_by_role("button", name="Sample", exact=True).click()
    expect(page.get_by_text("20 samples drawn.")).to_be_visible()


def test_a_model_as_a_file(shared: Page, receiver: Page, site: str, tmp_path: Path) -> None:
    train_to_the_end(shared, 300)
    path = save(shared, "Save the model", tmp_path)
    assert path.name == "model-first-names.safetensors"
    receiver.goto(site)
    wait_for_state(receiver, "finished")  # the model that the page begins with
    open_file(receiver, path)
    expect(card(receiver)).to_contain_text("A model from a file")
    session = Session()
    session.open_file(path.read_bytes(), path.name)
    expected = [sample["text"] for sample in session.sample(20, original=True)]
    shown = receiver.get_by_role("list", name="Samples").locator("li .text")
    expect(shown).to_have_text([text for text in expected if text])
    open_view(receiver, "Runs")
    expect(receiver.get_by_role("button", name="Save the whole run")).to_be_disabled()


def test_a_run_goes_on_elsewhere_as_if_it_had_never_stopped(
    shared: Page, receiver: Page, site: str, tmp_path: Path, deep: bool
) -> None:
    receiver.goto(site)
    for engine in ENGINES if deep else ENGINES[:1]:
        steps = 100 if engine == "Scalar" else 1_000_000
        shared.get_by_role("combobox", name="Engine").select_option(engine)
        set_number(shared, "steps", steps)
        shared.get_by_role("button", name="Train").click()
        wait_for_state(shared, "training")
        shared.get_by_role("button", name="Pause").click()
        wait_for_state(shared, "paused")
        before = len(csv_losses(shared, tmp_path))
        path = save(shared, "Save the whole run", tmp_path)
        expect(receiver.get_by_label("Open a saved model or run")).to_be_enabled()
        open_file(receiver, path)
        wait_for_state(receiver, "paused")
        assert len(csv_losses(receiver, tmp_path)) == before
        expect(receiver.get_by_role("spinbutton", name="steps")).to_have_value(str(steps))
        goal = min(steps, before + 3000)
        curves = [go_on(page, goal, steps, tmp_path) for page in (shared, receiver)]
        common = min(map(len, curves))
        assert common >= goal
        assert curves[0][:common] == curves[1][:common]


def go_on(page: Page, goal: int, steps: int, folder: Path) -> list[float]:
    """Trains on to the end, or until a step is past; the losses of the whole run."""
    page.get_by_role("button", name="Resume").click()
    wait_until(page, "steps => document.getElementById('training-progress').value >= steps", goal)
    if goal < steps:
        page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "finished")
    return csv_losses(page, folder)


def test_two_links_one_after_the_other(receiver: Page, model_link: str, site: str) -> None:
    """The newest counts, whatever the first would have gone on to do."""
    receiver.goto(recipe(site, steps=20))
    receiver.evaluate("hash => { location.hash = hash }", model_link.partition("#")[2])
    expect_samples(receiver)
    expect(card(receiver)).to_contain_text("A model from a link")
    expect(card(receiver)).to_contain_text("First names: 5,163 lines, 1,000 steps")
    assert receiver.url == model_link


def test_what_a_text_cannot_measure(receiver: Page, site: str) -> None:
    """A model of other characters than those of the text at hand."""
    sender = Session()
    sender.load(b"12\n34\n5\n", "digits.txt")
    sender.start({"steps": 20}, engine="compiled")
    sender.advance(1e9)
    address = sender.link(site, 2000)["address"]
    receiver.goto(address)
    expect_samples(receiver)
    assert share(receiver) == address
    expect(facts(receiver)).to_contain_text("as good as this one")
    expect(facts(receiver)).to_contain_text(re.compile(r"Loss on \d+ lines that it made up itself"))
    assert share(receiver, "1,200 characters") != address
    expect(facts(receiver)).to_contain_text("lines that it made up itself")
    receiver.get_by_role("radio", name="The recipe").check()
    expect(facts(receiver)).to_contain_text("came without its run")


def test_a_run_from_the_tab_goes_on_in_a_terminal(shared: Page, tmp_path: Path) -> None:
    train_to_the_end(shared, 3000)
    data = save(shared, "Save the whole run", tmp_path).read_bytes()
    session = Session()
    opened = session.open_file(data, "run.safetensors")
    assert opened["progress"] is not None
    assert list(opened["progress"]["losses"]) == csv_losses(shared, tmp_path)
    drawn = [sample["text"] for sample in session.sample(20, original=True)]
    assert samples(shared) == [text for text in drawn if text]


def test_the_twin_prints_the_same_losses(shared: Page, tmp_path: Path) -> None:
    upload(shared, "mine.txt", NAMES)
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("mine.txt")
    train_to_the_end(shared, 20)
    path = save(shared, "Save as a Python program", tmp_path)
    assert path.name == "microgpt-mine.py"
    run = subprocess.run(
        [sys.executable, "-I", "-S", path], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    losses = [float(found) for found in re.findall(r"loss ([\d.]+)", run.stdout)]
    expected = csv_losses(shared, tmp_path)
    assert len(losses) == len(expected)
    assert losses == pytest.approx(expected, abs=1e-4)


def test_files_that_are_none_are_refused(shared: Page, tmp_path: Path) -> None:
    train_to_the_end(shared, 100)
    drawn = samples(shared)
    path = save(shared, "Save the model", tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    open_file(shared, path)
    alert = shared.get_by_role("alert")
    expect(alert).to_contain_text("can't be opened as a model. It was cut")
    expect(alert).to_contain_text("The model here is kept.")
    wait_for_state(shared, "finished")
    assert samples(shared) == drawn


def test_the_dialog_and_the_card_are_accessible(compiled: Page, model_link: str) -> None:
    train_to_the_end(compiled, 100)
    share(compiled)
    expect(compiled.get_by_role("img", name="The link as a QR code")).to_be_visible()
    assert violations(compiled) == []
    compiled.keyboard.press("Escape")
    expect(compiled.get_by_role("dialog")).to_be_hidden()
    expect(compiled.get_by_role("button", name="Share as a link")).to_be_focused()
    compiled.evaluate("hash => { location.hash = hash }", model_link.partition("#")[2])
    expect(card(compiled)).to_contain_text("A model from a link")
    expect_samples(compiled)
    assert violations(compiled) == []


def compared(page: Page) -> tuple[list[str], list[str]]:
    """The samples of the model, and those of the link's."""
    table = page.get_by_role("table", name="What each makes up")
    rows = [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
    return [here for here, _ in rows], [there for _, there in rows]


def test_it_begins_with_the_shortest_faithful_link(first_model: Page) -> None:
    first_model.get_by_role("button", name="Share as a link").click()
    expect(first_model.get_by_role("radio", name="1,200 characters")).to_be_checked()
    expect(first_model.get_by_role("button", name="Copy link")).to_be_enabled()
    expect(facts(first_model)).to_contain_text("good as this one")
    expect(facts(first_model).locator(".warning")).to_be_hidden()
    here, there = compared(first_model)
    assert len(here) == len(there) == 6
    address = first_model.get_by_role("textbox", name="Link").input_value()
    assert len(address) <= 1200
    share(first_model, "4,000 characters")
    assert compared(first_model)[0] == here, "this model is the same one"
    assert share(first_model, "1,200 characters") == address


@pytest.mark.deep
def test_a_length_that_ruins_the_model_warns(shared: Page, receiver: Page, site: str) -> None:
    """In place; and whoever opens the link sees what was shown, and is told whose loss it is."""
    set_number(shared, "n_embd", 32)
    set_number(shared, "batch_size", 4)
    train_to_the_end(shared, 4000)
    address = share(shared, "1,200 characters")
    warning = facts(shared).locator(".warning")
    expect(warning).to_contain_text("The model in this link is worse than this one")
    expect(warning).to_contain_text("Choose more characters, the recipe, or a file.")
    here, there = compared(shared)
    assert here != there
    loss = re.search(r"([\d.]+) in the link", facts(shared).inner_text())
    assert loss is not None
    assert violations(shared) == []
    share(shared, "The recipe")
    expect(warning).to_be_hidden()
    expect(shared.get_by_role("table", name="What each makes up")).to_be_hidden()
    receiver.goto(elsewhere(address, site))
    expect_samples(receiver)
    assert samples(receiver)[: len(there)] == there
    expect(card(receiver)).to_contain_text(f"loss {float(loss[1]):.3f}")


def test_a_model_that_no_link_can_carry(shared: Page, tmp_path: Path) -> None:
    set_number(shared, "n_embd", 144)
    train_to_the_end(shared, 2)
    shared.get_by_role("button", name="Share as a link").click()
    shared.get_by_role("radio", name="16,000 characters").check()
    expect(facts(shared)).to_contain_text("A link can carry 250,000 weights at most")
    expect(shared.get_by_role("button", name="Copy link")).to_be_disabled()
    assert save(shared, "Save as a file instead", tmp_path).stat().st_size > 1_000_000
