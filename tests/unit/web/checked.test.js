/** What comes is held against the hash that the page has of it, and asked for once more. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { address } from "../../../web/page/site.js";
import { checked, checkedText, readJson } from "../../../web/page/checked.js";
import { hash, knowing } from "./knowing.js";

knowing(new URL("../../../web/", import.meta.url), { "./some.txt": hash("as it should be"), "./some.json": hash("[1.5]") });

/** Answers, one after the other, and what was asked for. */
function answering(t, ...answers) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, { cache, integrity }) => {
    asked.push({ url, cache, integrity });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return typeof answer === "string" ? new Response(answer) : answer;
  });
  return asked;
}

test("what is as it should be is asked for once", async (t) => {
  const asked = answering(t, "as it should be");
  assert.equal(await checkedText("some.txt?v=1"), "as it should be");
  assert.deepEqual(asked, [{ url: address("some.txt?v=1"), cache: "default", integrity: "" }]);
});

for (const [how, answer] of Object.entries({
  damaged: "as it shouId be",
  missing: new Response("as it should be", { status: 404 }),
  refused: new TypeError("Failed to fetch"),
})) {
  test(`what is ${how} is asked for once more, past what is kept`, async (t) => {
    const asked = answering(t, answer, "as it should be");
    assert.equal(await checkedText("some.txt"), "as it should be");
    assert.deepEqual(asked.map(({ cache }) => cache), ["default", "reload"]);
  });
}

test("then it is told, by its name", async (t) => {
  answering(t, "[1.", "[1.");
  await assert.rejects(readJson("some.json"), { message: "some.json has arrived damaged, or is of another version of this page." });
  answering(t, new Response("", { status: 500 }), new Response("", { status: 500 }));
  await assert.rejects(readJson("some.json"), { message: "some.json could not be loaded (HTTP 500)." });
  answering(t, "anything", "anything");
  await assert.rejects(checkedText("unknown.txt"), /unknown\.txt has arrived damaged/);
});

test("the bytes are counted as they come", async (t) => {
  answering(t, "as it should be");
  let bytes = 0;
  await checked("some.txt", (response) => response.text(), (more) => (bytes += more));
  assert.equal(bytes, 15);
});

test("what the service worker has checked isn't checked again, if it is of this page's version", async (t) => {
  const digest = t.mock.method(crypto.subtle, "digest");
  answering(t, new Response("as it should be", { headers: { "Kept-As": hash("as it should be") } }));
  await checkedText("some.txt");
  assert.equal(digest.mock.callCount(), 0);
  const other = () => new Response("of another version", { headers: { "Kept-As": hash("of another version") } });
  answering(t, other(), other());
  await assert.rejects(checkedText("some.txt"), /another version/);
});

test("on plain http, where a page can't hash, the browser is asked to", async (t) => {
  const { subtle } = crypto;
  t.after(() => Object.defineProperty(crypto, "subtle", { value: subtle, configurable: true }));
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  const asked = answering(t, "as it should be");
  assert.equal(await checkedText("some.txt"), "as it should be");
  assert.equal(asked[0].integrity, hash("as it should be"));
});
