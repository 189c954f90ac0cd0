/** The names of files and of what is stored count from the site's root, wherever a module lies. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { address, SITE_PATH } from "../../../web/page/site.js";
import { WISH } from "../../../web/kept/wish.js";

test("the root is where index.html is", () => {
  const root = new URL("../../../web/", import.meta.url);
  assert.equal(address(""), root.href);
  assert.equal(SITE_PATH, root.pathname);
  for (const file of ["index.html", "service-worker.js", "worker/worker.js", "examples/index.json"]) {
    assert.ok(existsSync(fileURLToPath(address(file))), file);
  }
  assert.equal(new URL(address("wheels/a.whl?v=1")).search, "?v=1");
});

test("the wish not to keep runs has the name that it always had", () => {
  assert.equal(WISH, `microgpt-in-a-tab off ${SITE_PATH}`);
});
