"""A run that an earlier version of the page has kept: offered, and continued to the last digit."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import SUB_PATH, csv_losses, wait_for_state
from browser.keeping import continue_run, kept, offer, show_runs

FOLDER = Path(__file__).parent / "kept_before"
DATABASE = f"microgpt-in-a-tab /{SUB_PATH}/"  # as that version called it

WRITE = """async ([name, id, about, text, state]) => {
    const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt());
    const records = { about, text: bytes(text), state: bytes(state) };
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
        for (const store of Object.keys(records)) request.result.createObjectStore(store);
    };
    await new Promise((resolve) => (request.onsuccess = resolve));
    const transaction = request.result.transaction(Object.keys(records), "readwrite");
    for (const [store, record] of Object.entries(records)) {
        transaction.objectStore(store).put(record, id);
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    request.result.close();
}"""


def put_back(page: Page) -> dict[str, Any]:
    """Write the records into a browser that has nothing yet; what stands in `about`."""
    about: dict[str, Any] = json.loads((FOLDER / "about.json").read_text())
    files = [FOLDER / "text.txt", FOLDER / "state.safetensors"]
    data = [base64.b64encode(file.read_bytes()).decode() for file in files]
    page.evaluate(WRITE, [DATABASE, about.pop("id"), about, *data])
    return about


def test_a_run_kept_by_an_earlier_version_goes_on(
    context: BrowserContext, site: str, tmp_path: Path
) -> None:
    page = context.new_page()
    # A page of the origin that does nothing by itself.
    empty = '<!doctype html><link rel="icon" href="data:,">'
    page.route(f"{site}empty", lambda route: route.fulfill(content_type="text/html", body=empty))
    page.goto(f"{site}empty")
    about = put_back(page)
    page.goto(site)
    step, steps = about["step"], about["steps"]
    expect(offer(page)).to_contain_text(
        f"A run on before.txt was here: step {step} of {steps:,}, saved"
    )
    row = show_runs(page, 1).first
    expect(row.get_by_role("textbox", name="Name of the run")).to_have_value("before.txt")
    expect(row).to_contain_text(f"step {step} of {steps:,}")
    expect(row.get_by_role("checkbox")).to_be_disabled()  # it has no curve yet
    continue_run(page, "paused")
    expect(offer(page)).to_be_hidden()
    expect(page.get_by_role("combobox", name="Engine")).to_have_value("scalar")
    expect(page.get_by_role("spinbutton", name="steps")).to_have_value(str(steps))
    before = csv_losses(page, tmp_path)
    assert len(before) == step
    page.get_by_role("button", name="Resume").click()
    wait_for_state(page, "finished")
    continued = csv_losses(page, tmp_path)
    assert len(continued) == steps
    assert continued[:step] == before
    expect(kept(page)).to_contain_text(f"step {steps:,},")
    row = show_runs(page, 1).first
    expect(row.get_by_role("checkbox")).to_be_enabled()
    expect(row).to_contain_text(f"{steps:,} steps")
    page.get_by_role("button", name="Train").click()
    wait_for_state(page, "training")
    wait_for_state(page, "finished")
    assert csv_losses(page, tmp_path) == continued, "as if it had never stopped"
