"""Favourites in the browser's storage: by the name of their text, and in saved runs.

Not about the controls with which they are chosen.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import open_view, train_to_the_end
from browser.keeping import kept, rows

MODULE = """async ([method, ...given]) => {
    const { pathname } = location;
    return (await import(`${pathname}kept/favourites.js`))[method](...given);
}"""


def call(page: Page, method: str, *given: object) -> Any:
    """What the page's own module answers."""
    return page.evaluate(MODULE, [method, *given])


def likes(*liked: str) -> dict[str, list[str]]:
    return {"liked": list(liked), "blocked": []}


def test_favourites_stay_until_they_are_deleted_and_come_back_if_that_is_undone(
    context: BrowserContext, compiled: Page, site: str
) -> None:
    train_to_the_end(compiled, 30)
    expect(kept(compiled)).to_contain_text("step 30,")
    assert call(compiled, "favouritesOf", "a.txt") == likes()
    call(compiled, "keepFavourites", "a.txt", {"liked": ["b", "a"], "blocked": ["x"]})
    call(compiled, "keepFavourites", "b.txt", likes("c"))
    other = context.new_page()
    other.goto(site)
    came = {"liked": ["x", "new"], "blocked": ["a"]}
    # Also of a model that has learned from favourites of that text.
    found = call(other, "favouritesOf", "Favourites of a.txt", came)
    assert found == {"liked": ["b", "a", "new"], "blocked": ["x"]}
    # The later choice counts, of each name, in whatever tab.
    call(other, "keepFavourites", "a.txt", likes("new", "a"))
    call(compiled, "keepFavourites", "a.txt", {"liked": ["b", "a", "z"], "blocked": ["x"]})
    other.reload()
    found = call(other, "favouritesOf", "a.txt", came)
    assert found == {"liked": ["b", "a", "z", "new"], "blocked": ["x"]}
    other.close()

    open_view(compiled, "Runs")
    compiled.get_by_role("button", name="Delete everything kept here").click()
    undone = compiled.get_by_role("status", name="What was deleted")
    expect(undone).to_have_text("Deleted: 1 run, and the favourites of 2 texts.")
    assert compiled.evaluate("indexedDB.databases()") == []
    assert call(compiled, "favouritesOf", "b.txt") == likes()
    compiled.get_by_role("button", name="Undo").click()
    expect(rows(compiled)).to_have_count(1)
    assert call(compiled, "favouritesOf", "a.txt") == found
    assert call(compiled, "favouritesOf", "b.txt") == likes("c")

    # Nothing more is stored once nothing is wanted.
    compiled.get_by_role("checkbox", name="Keep my runs in this browser").uncheck()
    call(compiled, "keepFavourites", "b.txt", likes("c", "d"))
    compiled.reload()
    assert call(compiled, "favouritesOf", "b.txt") == likes("c")


WORKER = """async () => {
    const { begin } = await import(new URL("page/early.js", document.baseURI).href);
    // As the page does it, without the page: two visits, one after the other.
    const visit = async (use) => {
        const worker = await begin();
        const waiting = new Map(), events = [];
        let heard = () => {};
        worker.onmessage = ({ data: { id, result, error, event, detail } }) => {
            if (event) heard(events.push({ event, detail }));
            else if (error) waiting.get(id).reject(new Error(error.message));
            else waiting.get(id).resolve(result);
        };
        const call = (method, ...args) => new Promise((resolve, reject) => {
            waiting.set(waiting.size, { resolve, reject });
            worker.postMessage({ id: waiting.size - 1, method, args });
        });
        const until = async (is) => {
            while (!events.some(is)) await new Promise((resolve) => (heard = resolve));
            return events.splice(0, events.findIndex(is) + 1).at(-1).detail;
        };
        try {
            return await use(call, until);
        } finally {
            worker.terminate();
        }
    };
    const saved = ({ event, detail }) => event === "kept" && detail.about?.over;
    const names = ["anna", "hanna", "ida"];
    const kept = await visit(async (call, until) => {
        const text = "anna\\nbob\\ncarla\\ndave\\nemma\\nhanna\\nida\\n".repeat(20);
        await call("load", new TextEncoder().encode(text).buffer, "a.txt", 16, {});
        await call("start", { steps: 30 }, "compiled", false, true);
        await until(saved);
        await call("setFavourites", { liked: names, blocked: ["bob"] });
        const first = await until(saved); // though nothing is trained any more
        const report = await call("learnFavourites", 20);
        const second = await until(saved);
        return { first: first.id, second: second.id, name: report.name };
    });
    const open = (id) => visit(async (call) => {
        const { run, text, progress } = await call("openKept", id);
        const { liked, blocked } = await call("favourites");
        return { name: run.name, text: text.name, step: progress.step, liked, blocked };
    });
    return [kept, await open(kept.first), await open(kept.second)];
}"""


def test_a_saved_run_has_them_and_so_has_one_that_learns_from_them(page: Page) -> None:
    kept_runs, first, second = page.evaluate(WORKER)
    chosen = {"liked": ["anna", "hanna", "ida"], "blocked": ["bob"]}
    assert kept_runs["first"] != kept_runs["second"]
    assert kept_runs["name"] == "Favourites of a.txt"
    assert first == {"name": "a.txt", "text": "a.txt", "step": 30} | chosen
    assert second == {"name": "Favourites of a.txt", "text": "a.txt", "step": 20} | chosen
