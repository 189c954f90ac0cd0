/**
 * Watches over what the page itself is made of, which the browser checks by the hashes in
 * index.html. What is missing or damaged is fetched once more, past what is kept on the way;
 * where that doesn't help, it is said, which would else leave "Loading" there for ever.
 * A plain script without imports, so that it can't fail together with the page's modules.
 */

addEventListener(
  "error", // of a script that can't be fetched, too: those don't bubble, but are caught on the way
  (event) => {
    const target = /** @type {Element | Window | null} */ (event.target);
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet") return void again(target);
    const root = document.documentElement;
    if (root.dataset.state !== "loading" || root.hasAttribute("data-up")) return;
    if (target instanceof Element && target.tagName !== "SCRIPT") return;
    root.dataset.state = "failed";
    say("This page could not be started: a part of it is missing or damaged, or this browser is too old for it. ");
    void missing().then((files) => {
      const [{ type } = { type: "" }] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
      if (files.length) say(`This page could not be started: ${files.join(", ")} could not be loaded, or arrived damaged. `);
      else if (type !== "reload") location.reload(); // by now all is there
    });

    /** @param {string} what has happened */
    function say(what) {
      tell(`${what}Nothing was lost. Check the connection, then reload the page.`);
    }
  },
  true,
);

// A page whose own text breaks off is never said to be complete, nor to have failed.
const STUCK_MS = 4000;
let elements = 0;
const watching = setInterval(() => {
  if (document.readyState !== "loading") return clearInterval(watching);
  const { length } = document.getElementsByTagName("*");
  if (length === elements) {
    clearInterval(watching);
    document.documentElement.dataset.state = "failed";
    document.body ??= document.createElement("body");
    show("This page could not be started: index.html did not come whole. Nothing was lost. Check the connection, then reload the page.");
  }
  elements = length;
}, STUCK_MS / 2);

/** Of the scripts that were asked for, those that can't be had as they should be. */
async function missing() {
  const { integrity = {} } = JSON.parse(document.querySelector("script[type=importmap]")?.textContent || "{}");
  const asked = new Set(performance.getEntriesByType("resource").map(({ name }) => name));
  const files = Object.keys(integrity).filter((path) => path.endsWith(".js") && asked.has(new URL(path, document.baseURI).href));
  const there = await Promise.all(
    files.map(async (path) => (await comes(path, integrity[path], "default")) || comes(path, integrity[path], "reload")),
  );
  return files.filter((_, i) => !there[i]).map((path) => path.slice("./".length));
}

/**
 * Whether a file comes as it should be, under a name of its kind: else browsers don't use it.
 * @param {string} path
 * @param {string} integrity
 * @param {RequestCache} cache
 */
async function comes(path, integrity, cache) {
  try {
    const { ok, headers } = await fetch(path, { integrity, cache });
    return ok && /javascript|css/.test(headers.get("Content-Type") ?? "");
  } catch {
    return false;
  }
}

/** A style that hasn't come is asked for once more. @param {HTMLLinkElement} link */
async function again(link) {
  const path = link.getAttribute("href") ?? "";
  if (!link.hasAttribute("data-again") && (await comes(path, link.integrity, "reload"))) {
    const other = /** @type {HTMLLinkElement} */ (link.cloneNode());
    other.setAttribute("data-again", "");
    link.replaceWith(other);
  } else {
    tell(`This page may look odd: ${path} could not be loaded, or arrived damaged. All of it works. Check the connection, then reload the page.`);
  }
}

/** @param {string} message for the visitor, when its place is there */
function tell(message) {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => show(message));
  else show(message);
}

/** @param {string} message */
function show(message) {
  const alert = document.getElementById("alert") ?? document.body.appendChild(document.createElement("p"));
  const button = document.createElement("button");
  button.textContent = "Reload";
  button.onclick = () => location.reload();
  alert.id = "alert"; // where there was none
  alert.role = "alert";
  alert.replaceChildren(message, button);
  alert.removeAttribute("hidden");
}
