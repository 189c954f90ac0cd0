/**
 * The service worker: keeps one build of the site, whole and checked, and serves
 * the page from it, so that it opens without a network and at once; and isolated from
 * other origins, which browsers ask for before workers may share memory. No static host
 * needs to know of that. A first visit isn't isolated, and nothing else tells them apart.
 *
 * Each build has a service worker of its own, and that a cache of its own: files of
 * two builds never meet in a page. Not about when it is registered, nor about what
 * the visitor hears of it: offline.js.
 */

const VERSION = ""; // build.py puts the manifest's in: a browser knows a new build by these bytes

const worker = /** @type {ServiceWorkerScope} */ (/** @type {unknown} */ (self));
const { registration, clients } = worker;
const scope = new URL(registration.scope);
// Other sites can share the origin, and so its caches; the path tells ours from theirs.
const ourCaches = `microgpt-in-a-tab:${scope.pathname}:`;
const cacheName = ourCaches + VERSION;
/** With these a page has its process for itself, and loads nothing from elsewhere, which it never does. */
const ISOLATING = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
/** Says what a file was found to be when it was kept, so that the page needn't look again: page/checked.js. */
const KEPT_AS = "Kept-As";
/** A worker that is started from a file has no policy but that file's: the page's, without any other worker. */
const POLICY = { "Content-Security-Policy": "default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval'; worker-src 'none'" };
// A document that is a part of a page: it comes and goes with that.
const partOfPage = kept("code/confined.html");

worker.oninstall = (event) => event.waitUntil(install());
worker.onactivate = (event) => event.waitUntil(takeOver());
worker.onmessage = (event) => event.waitUntil(obey(event));
worker.onfetch = (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.origin) event.respondWith(Response.error()); // the page's promise
  else if (request.method !== "GET" || !url.href.startsWith(scope.href)) return;
  else if (request.mode === "navigate" && url.href !== partOfPage) event.respondWith(open(event, url));
  else event.respondWith(answer(request, url));
};

async function install() {
  await keepBuild();
  // Where no older build is kept, no page can need it.
  if ((await olderCaches()).length === 0) await worker.skipWaiting();
}

/**
 * Everything or nothing. A deployment that is under way, or a portal that answers for
 * the site, shows in a file that doesn't match; the next visit tries again.
 */
async function keepBuild() {
  const manifest = await download("manifest.json", "no-cache");
  const { version, files } = await manifest.clone().json();
  if (version !== VERSION) throw new Error("manifest.json is of another build.");
  /** @type {[string, {sha256: string}][]} */
  const entries = Object.entries(files);
  const responses = await Promise.all(entries.map(([path, { sha256 }]) => verified(path, sha256)));
  // Nothing is written before all of it is here: this version can be in use already, where
  // a newer one was published and taken back.
  const cache = await caches.open(cacheName);
  // With the headers already: a browser keeps compiled code beside what it finds as it was stored.
  await Promise.all(
    entries.map(([path, { sha256 }], i) => {
      const known = { [KEPT_AS]: `sha256-${btoa(String.fromCharCode(...bytesOf(sha256)))}` };
      const more = path.endsWith(".js") ? { ...known, ...POLICY } : known;
      return cache.put(kept(path), isolating(/** @type {Response} */ (responses[i]), more));
    }),
  );
  await cache.put(kept("manifest.json"), manifest); // last, as a sign that the rest is there
}

/**
 * @param {string} path
 * @param {string} expected its SHA-256
 */
async function verified(path, expected) {
  // What the page has loaded isn't loaded again, only asked for whether it is still the same;
  // a server can be wrong about that where a file was replaced by an older one.
  for (const mode of /** @type {const} */ (["no-cache", "reload"])) {
    const response = await download(path, mode);
    if ((await sha256(response.clone())) === expected) return response;
  }
  throw new Error(`${path} is of another build.`);
}

/** @param {Response} response */
async function sha256(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @param {"no-cache" | "reload"} cache
 */
async function download(path, cache) {
  const response = await fetch(kept(path), { cache, priority: "low" });
  if (!response.ok) throw new Error(`${path} could not be loaded (HTTP ${response.status}).`);
  const type = response.headers.get("Content-Type") ?? "";
  // No browser would run it, for as long as it is kept.
  if (/\.(js|css)$/.test(path) && !/javascript|css/.test(type)) throw new Error(`${path} came as ${type}.`);
  // Some hosts lead index.html to "./", and browsers open no page from a redirected answer.
  return response.redirected ? new Response(response.body, response) : response;
}

/** The address under which a file is kept. @param {string} path */
function kept(path) {
  return new URL(path, scope).href;
}

/** @param {string} hex */
function bytesOf(hex) {
  return (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

/**
 * The same answer, for a page that is isolated.
 * @param {Response} response
 * @param {Record<string, string>} [more] what else is said of it
 */
function isolating(response, more = {}) {
  if (response.type === "opaqueredirect" || response.type === "error") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries({ ...ISOLATING, ...more })) headers.set(name, value);
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}

async function takeOver() {
  for (const name of await olderCaches()) await caches.delete(name);
  await clients.claim(); // the first visit's page, which was there before
}

async function olderCaches() {
  const names = await caches.keys();
  return names.filter((name) => name.startsWith(ourCaches) && name !== cacheName);
}

/**
 * A page is being opened, or reloaded: the moment for a newer build to take over.
 * @param {RequestEvent} event
 * @param {URL} url
 */
async function open(event, url) {
  const reloaded = event.request.cache !== "default";
  // The page that is being reloaded still counts as open. A page that stays open needs this build.
  if (registration.waiting && (await openPages()) <= (reloaded ? 1 : 0)) {
    registration.waiting.postMessage("take over");
    return comeAgain();
  }
  const isPage = url.pathname === scope.pathname;
  const response = await find(isPage ? new URL("index.html", scope) : url);
  // Cleared away, by the browser or by hand. Where that can't be mended, a newer build will.
  if (!response && isPage) event.waitUntil(keepBuild().catch(() => {}));
  return response ?? isolating(await fetch(event.request));
}

/**
 * An empty page that asks again when the newer build has taken over, or in a second:
 * without waiting it would keep this one busy, and so from being relieved.
 */
function comeAgain() {
  const page = `<!doctype html><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
    <script>navigator.serviceWorker.oncontrollerchange = () => location.reload();</script>`;
  return new Response(page, { headers: { "Content-Type": "text/html", Refresh: "1", ...ISOLATING } });
}

/**
 * @param {Request} request
 * @param {URL} url
 */
async function answer(request, url) {
  return (await find(url)) ?? isolating(await fetch(request));
}

/** @param {URL} url */
function find({ origin, pathname }) {
  return caches.match(origin + pathname, { cacheName, ignoreVary: true });
}

async function openPages() {
  const windows = await clients.matchAll({ type: "window" });
  return windows.filter(({ url }) => url !== partOfPage).length;
}

/**
 * "take over" comes from the build in use, which has made sure that nobody needs it any more;
 * "renew" from a page whose visitor wants the new build.
 * @param {ServiceWorkerMessage} message
 */
async function obey({ data, source }) {
  if (data === "take over") await worker.skipWaiting();
  else if ((await openPages()) > 1) source.postMessage("other pages are open");
  else registration.waiting?.postMessage("take over");
}
