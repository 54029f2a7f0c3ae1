// The rules of the house: accessible, small, fluid, typed, and nothing from anywhere else.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { audit } from "../support/audit.js";
import { countFrames } from "../support/canvas.js";
import { LIMIT } from "../support/patience.js";
import { Show, posts } from "../support/show.js";

const PAGES = ["/", "/stage"];
const SIZES = [
  { width: 1280, height: 720 },
  { width: 800, height: 600 },
  { width: 390, height: 844 },
];
/** Compressed, everything that the stage is made of. */
const STAGE_BYTES = 70 * 1024;

for (const path of PAGES) {
  for (const colorScheme of ["dark", "light"]) {
    test(`an audit of ${path} in ${colorScheme} finds nothing serious`, LIMIT, async (t) => {
      const show = await Show.start(t, { posts: posts({ tabs: 8, spaces: 2 }) });
      await show.lastSnapshot();
      const visit = await show.visit(path, { prepare: (page) => page.emulateMedia({ colorScheme }) });
      await visit.eventually(async () => assert.notEqual(await visit.page.locator(".share b").count(), 0));
      for (const size of SIZES) {
        await visit.page.setViewportSize(size);
        await visit.frame();
        assert.deepEqual(await audit(visit), [], `at ${size.width}x${size.height}`);
      }
    });
  }

  test(`${path} loads from its own server only, under a policy that forbids the rest`, LIMIT, async (t) => {
    const show = await Show.start(t);
    const visit = await show.visit(path, { allow: /http:\/\/127\.0\.0\.2:9\// });
    await visit.moreNews(1);
    // That each address is ours is checked of every visit; here it must be the ones we know.
    const kinds = new Set(visit.requests.map((address) => new URL(address).pathname.split("/")[1]));
    kinds.delete(path.slice(1));
    assert.deepEqual([...kinds].sort(), ["api", "assets"]);
    const policy = (await fetch(show.origin + path)).headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    const refused = await visit.page.evaluate(() =>
      fetch("http://127.0.0.2:9/").then(
        () => "answered",
        () => "refused",
      ),
    );
    assert.equal(refused, "refused");
    assert.match(visit.allowed.join("\n"), /violates/);
  });
}

test("all that the stage loads is at most 70 KB compressed", LIMIT, async (t) => {
  const show = await Show.start(t);
  const visit = await show.visit("/stage");
  await visit.moreNews(1);
  const files = await visit.page.evaluate(async () => {
    // A window without a title bar does not ask for the icon, so it is asked for here.
    await fetch(document.querySelector("link[rel=icon]").href).then((response) => response.text());
    return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter(({ name }) => !name.includes("/api/"))
      .map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize }));
  });
  const sum = files.reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0);
  t.diagnostic(`${files.length} files, ${sum} bytes`);
  assert.ok(files.length > 10, "the stage is made of many files");
  for (const { name, encodedBodySize } of files) assert.ok(encodedBodySize > 0, `${name} has a size`);
  assert.ok(sum <= STAGE_BYTES, JSON.stringify(files, null, 1));
});

test("the stage draws picture after picture with full crowds", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  const visit = await show.visit("/stage", { prepare: (page) => page.addInitScript(countFrames) });
  await visit.moreNews(20);
  const from = await visit.page.evaluate(() => window.framesDrawn());
  // How many a second is looked at by speed.test.js, on a machine that does nothing else.
  await visit.until((from) => window.framesDrawn() > from + 40, from);
});

test("the scripts of the pages pass the type checker", LIMIT, async () => {
  const folder = new URL("..", import.meta.url);
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const check = promisify(execFile)(process.execPath, [tsc, "-p", "tsconfig.json"], { cwd: fileURLToPath(folder) });
  await check.catch(({ stdout }) => assert.fail(stdout));
});

test("no page has a script or a style in its text", LIMIT, async () => {
  for (const name of ["index.html", "stage.html", "operate.html"]) {
    const html = await readFile(new URL(`../../../web/${name}`, import.meta.url), "utf8");
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:/i, name);
  }
});
