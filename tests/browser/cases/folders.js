// The folders of the pages: an import points from a page down to the words, and never back. Without a page.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

const WEB = new URL("../../../web/", import.meta.url);
/** What a folder may import from, besides itself. */
const BELOW = {
  messages: [],
  live: [],
  shell: ["live", "messages"],
  operator: ["live", "messages", "shell"],
  tug: ["messages"],
  contest: ["live", "messages", "shell", "tug"],
  dashboard: ["contest", "live", "messages", "shell"],
  stage: ["contest", "messages", "operator", "shell", "tug"],
  operate: ["live", "messages", "operator", "shell", "tug"],
};

test("a folder of the pages imports only from those below it", async () => {
  const names = (await readdir(WEB, { recursive: true })).filter((name) => name.endsWith(".js"));
  const folders = new Set();
  for (const name of names) {
    const [folder] = name.split("/");
    folders.add(folder);
    assert.ok(Object.hasOwn(BELOW, folder), `${name} is in a folder that has no place yet`);
    const text = await readFile(new URL(name, WEB), "utf8");
    // Types alone, in comments, are not loaded.
    for (const [, from] of text.matchAll(/^import [^"]*"\.\.\/([a-z]+)\//gm)) {
      assert.ok(BELOW[folder].includes(from), `${name} imports from ${from}`);
    }
  }
  assert.deepEqual([...folders].sort(), Object.keys(BELOW).sort());
});

test("a page names the styles of its own parts and no others", async () => {
  const pages = {
    "index.html": ["shell", "tug", "contest", "dashboard"],
    "stage.html": ["shell", "tug", "contest", "stage"],
    "operate.html": ["shell", "tug", "operate"],
  };
  for (const [page, folders] of Object.entries(pages)) {
    const html = await readFile(new URL(page, WEB), "utf8");
    const styles = [...html.matchAll(/href="\/assets\/@\/([a-z]+)\/[a-z]+\.css"/g)].map(([, name]) => name);
    assert.deepEqual(styles, folders, page);
  }
});
