"""The article on how it works: its figures are those of the model that is here."""

import math
import re

from playwright.sync_api import Page, expect

from browser.conftest import open_view, set_number, train_to_the_end, upload, violations
from microgpt.gpt.corpus import Corpus
from microgpt.gpt.model import softmax
from microgpt.settings import from_mapping
from runs import new_run

LINES = ("anna", "bella", "carla")
SETTINGS = {"n_embd": 8, "n_head": 2, "n_layer": 2}


def test_the_article_tells_of_the_visitors_own_model(first_model: Page) -> None:
    article = first_model.get_by_role("region", name="How it works")
    expect(article).to_contain_text("First names has 5,163 lines and uses 26 different characters")
    first_model.get_by_role("link", name="How it works").first.click()
    expect(first_model.get_by_role("heading", name="How it works")).to_be_in_viewport()
    upload(first_model, "three.txt", "\n".join(LINES).encode())
    expect(first_model.get_by_role("status", name="Corpus")).to_contain_text("three.txt")
    for name, value in SETTINGS.items():
        set_number(first_model, name, value)
    train_to_the_end(first_model, 30)

    expect(article).to_contain_text("three.txt has 3 lines and uses 7 different characters")
    expect(article).to_contain_text("These 8 tokens")
    expect(article).to_contain_text("it looks up 8 numbers")
    expect(article).to_contain_text("2 layers")
    expect(article).to_contain_text(re.compile(r"done\s+30 times"))
    # a 0, b 1, c 2, e 3, l 4, n 5, r 6, BOS 7
    expect(first_model.locator("#how-tokens")).to_have_text(re.compile(r"^BOS 7a 0n 5n 5a 0BOS 7$"))

    run = new_run(Corpus("three.txt", LINES, 0), from_mapping({"steps": 30, **SETTINGS}), "scalar")
    losses = [run.train_step() for _ in range(30)]
    status = first_model.get_by_role("status", name="Training status")
    smoothed = re.search(r"Smoothed (\d\.\d{4})", status.text_content() or "")
    assert smoothed
    assert min(losses) < float(smoothed[1]) < max(losses)
    torn = f"{math.exp(float(smoothed[1])):.1f}"
    expect(first_model.locator("#how-torn")).to_contain_text(f"this model {torn}")
    expect(article).to_contain_text(f"torn between {torn} characters")

    table = first_model.get_by_role("table", name="Where they are")
    expect(table.get_by_role("row").last).to_contain_text(f"{run.engine.parameter_count:,}")
    assert violations(first_model) == []


def test_what_it_expects_next_is_what_the_model_computes(shared: Page) -> None:
    upload(shared, "three.txt", "\n".join(LINES).encode())
    expect(shared.get_by_role("status", name="Corpus")).to_contain_text("three.txt")
    train_to_the_end(shared, 200)
    run = new_run(Corpus("three.txt", LINES, 0), from_mapping({"steps": 200}), "scalar")
    for _ in range(200):
        run.train_step()
    # The loss of a line is the mean of its surprises: "an" then "n" is one of them.
    after = run.vocabulary.encode("ann", 16)[:-1]
    model = run.engine.model  # type: ignore[attr-defined]
    cache = model.empty_cache()
    for position, token in enumerate(after[:-1]):
        logits = model.forward(token, position, cache)
    expected = softmax(logits)[after[-1]].data
    guesses = shared.locator("#how-guesses li")
    expect(guesses.first).to_have_text(re.compile(rf"^n\s+{expected * 100:.0f} %$"))


def test_the_words_of_the_field_are_explained_by_keyboard_alone(shared: Page) -> None:
    open_view(shared, "Learning")
    terms = shared.locator("button[data-term]").filter(visible=True)
    for term in terms.all():
        term.focus()
        shared.keyboard.press("Enter")
        explanation = shared.locator(":popover-open")
        expect(explanation).to_be_visible()
        assert len(explanation.inner_text()) > 40
        shared.keyboard.press("Escape")
        expect(explanation).to_have_count(0)
    names = {term.get_attribute("data-term") for term in terms.all()}
    open_view(shared, "Samples")
    expect(shared.locator("#view-samples button[data-term=temperature]")).to_be_visible()
    assert names >= {"temperature", "seed", "loss", "nats", "logits", "embedding", "head"}
