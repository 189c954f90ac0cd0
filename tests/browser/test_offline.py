"""Without a network, and from one build of the site to the next: the service worker.

Which files a page gets is the same whatever is in them: where no model is needed, the site is
published without Python, whose worker only says that it is up. What a host can do wrong:
test_faults.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from browser.confining import MODEL, create, start
from browser.conftest import (
    Visitors,
    Watch,
    csv_losses,
    open_view,
    serving,
    set_number,
    train_to_the_end,
    upload,
    violations,
    wait_for_state,
    wait_until_up,
)
from browser.hosts import PLACES, Host
from browser.keeping import begin_long_run, press_stop, steps_done, stop_after
from browser.waiting import wait_until
from microgpt.kernels.team import CLAIMED, help_train


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.stop()


@pytest.fixture
def watch(host: Host) -> Watch:
    return Watch(origin=host.origin)


@pytest.fixture(scope="session")
def visitors(browser: Browser, site_root: Path) -> Iterator[Visitors]:
    """With service workers, whose requests and errors count like a page's."""
    for site in serving(site_root):
        yield Visitors(browser, site, service_workers=True)


POLICY_OF_A_SCRIPT = """() => fetch("worker/helper.js")
    .then(({ headers }) => headers.get("Content-Security-Policy"))"""


def visit(context: BrowserContext, address: str) -> Page:
    """The page when everything has been kept."""
    page = context.new_page()
    page.goto(address)
    expect(note(page)).not_to_be_empty(timeout=90_000)
    return page


def note(page: Page) -> Locator:
    return page.get_by_role("status", name="Use without a network")


def expect_build(page: Page, name: str) -> None:
    """Page, scripts and worker are of one build, and so is what is loaded later."""
    for part in ("page", "main", "worker"):
        expect(page.locator("html")).to_have_attribute(f"data-{part}", name)
    places: str = page.evaluate("fetch('examples/places.txt').then((file) => file.text())")
    assert len(places.splitlines()) == PLACES[name]


def look_for_update(page: Page) -> str:
    """What becomes of the service worker that is on the server now: installed or redundant."""
    script = """async () => {
        const registration = await navigator.serviceWorker.ready;
        await registration.update();
        const worker = registration.installing ?? registration.waiting;
        const settled = () => ["installed", "redundant"].includes(worker.state);
        while (!settled()) await new Promise((done) => (worker.onstatechange = done));
        return worker.state;
    }"""
    return str(page.evaluate(script))


def wait_until_kept(page: Page) -> None:
    """Until a build is kept whole, and its service worker is the one in use."""
    page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            const isKept = async () =>
                (await caches.match(new URL("manifest.json", registration.scope))) &&
                !registration.installing &&
                !registration.waiting &&
                registration.active.state === "activated";
            while (!(await isKept())) await new Promise((done) => setTimeout(done, 20));
        }"""
    )


def caches(page: Page) -> list[str]:
    found: list[str] = page.evaluate("caches.keys()")
    return found


def test_after_one_visit_everything_works_without_a_network(
    context: BrowserContext, host: Host
) -> None:
    requests: list[str] = []
    context.on("request", lambda r: requests.append(r.url) if r.service_worker else None)
    address = host.publish(python=True)
    page = visit(context, address)
    expect(note(page)).to_have_text("It works offline now, too.")
    assert f"{address}manifest.json" in requests  # the watch over requests sees these, too
    assert violations(page) == []
    context.set_offline(True)
    host.stop()
    page.get_by_role("combobox", name="Example").select_option("Sums")
    corpus = page.get_by_role("status", name="Corpus")
    expect(corpus).to_contain_text("Sums: ")
    for reload in ("", "index.html", "?from=home-screen", "index.html?a=b#c"):
        page.goto(f"{address}{reload}")
        expect(page.get_by_role("button", name="Train")).to_be_enabled(timeout=90_000)
    expect_build(page, "A")
    page.get_by_role("combobox", name="Example").select_option("Places")
    expect(corpus).to_contain_text(f"Places: {PLACES['A']} places")
    train_to_the_end(page, 20)
    expect(page.get_by_role("list", name="Samples").locator("li")).to_have_count(20)
    page.get_by_role("combobox", name="Engine").select_option("Scalar")
    train_to_the_end(page, 2)
    create(page)
    # Changed code, in a worker of its own, with modules that the page itself never imports.
    assert start(page, {"model.py": MODEL + "\nimport difflib, statistics\n"})["steps"] == 20
    open_view(page, "Code")  # whose editor nobody has asked for until now
    expect(page.get_by_role("textbox", name="Code of autograd.py")).to_contain_text("class Value:")
    expect(note(page)).to_have_text("It works offline now, too.")


def test_from_the_second_visit_on_a_large_model_has_other_cores_and_the_same_losses(
    context: BrowserContext, host: Host, tmp_path: Path
) -> None:
    page = visit(context, host.publish(python=True))
    cores = page.get_by_role("combobox", name="Cores", include_hidden=True)
    assert not page.evaluate("crossOriginIsolated")
    expect(cores).to_be_hidden()
    page.reload()
    wait_until_up(page)
    assert page.evaluate("crossOriginIsolated")
    assert "'none'" in page.evaluate(POLICY_OF_A_SCRIPT)
    if page.evaluate("navigator.hardwareConcurrency") < 2:
        pytest.skip("there is one core")
    upload(page, "lines.txt", "\n".join("abcdefgh" * (1 + i % 9) for i in range(40)).encode())
    expect(page.get_by_role("status", name="Corpus")).to_contain_text("lines.txt")
    for name, value in {"n_embd": 32, "block_size": 64, "batch_size": 8}.items():
        set_number(page, name, value)
    losses = []
    (python,) = page.workers
    python.evaluate(
        """([address, claimed]) => {
            self.said = 0;
            self.killed = false;
            self.Worker = class extends Worker {
                postMessage(message) {
                    self.said += 1;
                    if (!self.killed) return super.postMessage(message);
                    // As one that is killed when it has begun: what it took is never done.
                    const team = new Int32Array(message.memory.buffer, message.numbers[address]);
                    Atomics.add(team, claimed, 1);
                }
            };
        }""",
        [list(inspect.signature(help_train).parameters).index("team"), CLAIMED],
    )
    for count in (1, 2):
        cores.select_option(str(count))
        train_to_the_end(page, 2)  # else the end of the run before would do
        python.evaluate("() => { self.said = 0; }")
        train_to_the_end(page, 150)
        losses.append(csv_losses(page, tmp_path))
        assert python.evaluate("self.said > 0") == (count > 1)  # a helper has been asked
    assert len(losses[0]) == 150
    assert losses[0] == losses[1]
    python.evaluate("() => { self.killed = true; }")
    set_number(page, "steps", 100_000)
    page.get_by_role("button", name="Train").click()
    press_stop(page)  # all others wait for it
    wait_for_state(page, "ready")
    train_to_the_end(page, 150)
    assert csv_losses(page, tmp_path) == losses[0]
    page.reload()
    wait_until_up(page)
    expect(cores).to_have_value("2")


def test_what_the_site_does_not_have_is_asked_of_the_host(
    context: BrowserContext, host: Host
) -> None:
    page = visit(context, host.publish())
    (host.folder / "site" / "later.txt").write_text("put there later")
    script = "(method) => fetch('later.txt', {method}).then((r) => r.status)"
    assert page.evaluate(script, "GET") == 200
    assert page.evaluate(script, "HEAD") == 200


def test_a_new_build_takes_over_whole_at_a_reload(context: BrowserContext, host: Host) -> None:
    page = visit(context, host.publish("A"))
    expect_build(page, "A")
    host.publish("B")
    assert look_for_update(page) == "installed"
    expect(note(page)).to_contain_text("A new version is ready.")
    assert violations(page) == []
    page.reload()
    expect_build(page, "B")
    expect(note(page)).to_have_text("It works offline now, too.")
    assert len(caches(page)) == 1
    host.stop()
    page.reload()
    expect_build(page, "B")


def test_a_new_build_is_found_by_visiting_and_taken_by_a_button(
    context: BrowserContext, host: Host
) -> None:
    address = host.publish("A")
    visit(context, address).close()
    host.publish("B")
    page = context.new_page()
    page.goto(address)
    expect_build(page, "A")
    note(page).get_by_role("button", name="Reload").click()
    expect_build(page, "B")


def test_an_open_page_keeps_its_build(context: BrowserContext, host: Host) -> None:
    address = host.publish("A")
    old = visit(context, address)
    host.publish("B")
    assert look_for_update(old) == "installed"
    other = visit(context, address)
    expect_build(other, "A")
    expect_build(old, "A")
    other.reload()
    expect_build(other, "A")
    expect(note(other)).to_contain_text("A new version is ready.")
    note(other).get_by_role("button", name="Reload").click()
    expect(note(other)).to_contain_text("Close the other tabs")
    expect_build(old, "A")
    old.close()
    note(other).get_by_role("button", name="Reload").click()
    expect_build(other, "B")


@pytest.mark.deep
def test_a_new_build_in_the_middle_of_a_run_leaves_it_alone(
    context: BrowserContext, host: Host, tmp_path: Path
) -> None:
    page = visit(context, host.publish("A", python=True))
    wait_until_up(page)
    begin_long_run(page)
    host.publish("B", python=True)
    assert look_for_update(page) == "installed"
    stop_after(page, steps_done(page) + 2_000)
    losses = csv_losses(page, tmp_path)
    page.get_by_role("button", name="Share as a link").click()  # whose QR code comes later
    expect(page.get_by_role("img", name="The link as a QR code")).to_be_visible()
    page.keyboard.press("Escape")
    expect_build(page, "A")
    page.reload()
    expect_build(page, "B")
    wait_until_up(page)
    begin_long_run(page)
    stop_after(page, len(losses))
    assert csv_losses(page, tmp_path)[: len(losses)] == losses


def test_a_deployment_that_is_half_done_changes_nothing(
    context: BrowserContext, host: Host, watch: Watch
) -> None:
    watch.errors_are_expected = True  # of the service worker that gives up, which says why
    page = visit(context, host.publish("A"))
    names = ("examples/places.txt", "index.html", "manifest.json")
    files = [host.folder / "site" / name for name in names]
    old = [file.read_bytes() for file in files]
    host.publish("B")
    new = [file.read_bytes() for file in files]
    for file, before, after in zip(files, old, new, strict=True):  # which comes late
        host.put(file, before)
        assert look_for_update(page) == "redundant"
        host.put(file, after)
    host.put(files[0], old[0])
    page.reload()
    expect_build(page, "A")
    assert len(caches(page)) == 1
    host.put(files[0], new[0])
    assert look_for_update(page) == "installed"
    page.reload()
    expect_build(page, "B")


@pytest.mark.deep
def test_a_build_that_is_taken_back(context: BrowserContext, host: Host) -> None:
    page = visit(context, host.publish("A"))
    host.publish("B")
    assert look_for_update(page) == "installed"
    host.publish("A")
    assert look_for_update(page) == "installed"
    page.reload()
    expect_build(page, "A")
    host.stop()
    page.reload()
    expect_build(page, "A")


@pytest.mark.deep
def test_sites_on_one_origin_leave_each_other_alone(context: BrowserContext, host: Host) -> None:
    one = visit(context, host.publish("A", "one"))
    two = visit(context, host.publish("A", "one/two"))
    two.evaluate("caches.open('somebody else')")
    before = set(caches(one))
    assert len(before) == 3
    host.publish("B", "one/two")
    assert look_for_update(two) == "installed"
    two.reload()
    expect_build(two, "B")
    after = set(caches(one))
    assert len(before & after) == 2
    assert len(after - before) == 1
    host.stop()
    one.reload()
    expect_build(one, "A")


@pytest.mark.deep
def test_a_cache_that_was_cleared_is_filled_again(context: BrowserContext, host: Host) -> None:
    page = visit(context, host.publish("A"))
    for published in ("A", "B"):
        page.evaluate(
            "caches.keys().then((names) => Promise.all(names.map((n) => caches.delete(n))))"
        )
        if published == "B":
            host.publish("B")
        page.reload()
        expect_build(page, published)
        wait_until_kept(page)
    host.stop()
    page.reload()
    expect_build(page, "B")
    expect(note(page)).to_have_text("It works offline now, too.")


def test_where_service_workers_are_refused_the_page_is_the_same(
    context: BrowserContext, host: Host
) -> None:
    """As in some browsers' private windows."""
    page = context.new_page()
    page.add_init_script(
        """if (navigator.serviceWorker) navigator.serviceWorker.register = async () => {
            window.refused = true;
            throw new DOMException("The operation is insecure.", "SecurityError");
        }"""
    )
    page.goto(host.publish(python=True))
    wait_until_up(page)
    wait_until(page, "() => window.refused")
    train_to_the_end(page, 3)
    expect(note(page)).to_be_empty()
