// The words of the pages: all in the files of the language, none missing, none left over. Without a page.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import ts from "typescript";

import { details } from "../../../web/messages/en.details.js";
import { messages as shared } from "../../../web/messages/en.js";
import { operate } from "../../../web/messages/en.operate.js";
import { say, sayCounted, sayValue } from "../../../web/messages/say.js";

const WEB = new URL("../../../web/", import.meta.url);
const MESSAGES = ["messages/en.js", "messages/en.details.js", "messages/en.operate.js"];
const messages = { ...shared, ...details, ...operate };
/** The name of the program, which no language translates. */
const NAME = "hashtug";
/** Two words in a row, or one with a capital: what people read. */
const WORDS = /\p{L}{2,} \p{L}{2,}|^\p{Lu}\p{Ll}|^\p{Lu}{2,}/u;
/** Strings that look like words and are names: of classes, and of a method of HTTP. */
const NAMES = ["corner left", "corner right", "POST", "Bearer "];

test("no script of the pages has words of its own", async () => {
  for (const { name, text } of await files(".js")) {
    if (MESSAGES.includes(name)) continue;
    const found = strings(name, text).filter((string) => WORDS.test(string) && !NAMES.includes(string));
    assert.deepEqual(found, [], name);
  }
});

test("no page has words of its own, but for browsers without scripts", async () => {
  for (const { name, text } of await files(".html")) {
    assert.match(text, /<noscript>[^<]*\p{L}/u, name);
    const shown = text
      .replace(/<noscript>.*?<\/noscript>/s, "")
      .replace(/<[^>]*>/g, " ")
      .replaceAll(NAME, "");
    assert.doesNotMatch(shown, /\p{L}/u, name);
    assert.doesNotMatch(text, /\s(aria-label|alt|title|placeholder)=/, name);
  }
});

test("every message that a page names is there, and none is there that nobody says", async () => {
  const said = new Set();
  for (const { name, text } of [...(await files(".js")), ...(await files(".html"))]) {
    if (MESSAGES.includes(name)) continue;
    for (const [, key] of text.matchAll(/data-message(?:-label)?="([^"]+)"/g)) {
      assert.ok(Object.hasOwn(messages, key), `${name}: ${key}`);
    }
    // A key stands in quotes; one that is put together is known by how it begins.
    for (const key of Object.keys(messages)) {
      const stem = key.slice(0, key.lastIndexOf(".") + 1);
      if (text.includes(`"${key}"`) || text.includes(`\`${stem}\${`)) said.add(key);
      if (text.includes(`sayValue("${stem.slice(0, -1)}"`)) said.add(key);
      if (text.includes(`sayCounted("${stem.slice(0, -1)}"`)) said.add(key);
    }
  }
  assert.deepEqual(Object.keys(messages).filter((key) => !said.has(key)), []);
});

test("no word stands in two files", () => {
  const all = [shared, details, operate].flatMap((words) => Object.keys(words));
  assert.equal(new Set(all).size, all.length);
});

test("what is filled in is text, and never a place to fill", () => {
  assert.equal(say("tab.contest", { title: "{page} or $& ?", page: "stage" }), "{page} or $& ? · stage");
});

test("a number chooses the form, and a value without a word stands for itself", () => {
  assert.equal(sayCounted("standing.margin", 1, { name: "Tabs", votes: 1 }), "Tabs leads by 1 vote");
  assert.equal(sayCounted("standing.margin", 2, { name: "Tabs", votes: 2 }), "Tabs leads by 2 votes");
  assert.equal(sayValue("source.state", "ended"), "ended");
  assert.equal(sayValue("source.state", "on holiday"), "on holiday");
  assert.equal(sayValue("source.state", "__proto__"), "__proto__");
});

/** All files of `web/` whose names end so, with their texts. */
async function files(end) {
  const names = (await readdir(WEB, { recursive: true })).filter((name) => name.endsWith(end));
  assert.notEqual(names.length, 0, end);
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(new URL(name, WEB), "utf8") })),
  );
}

/** The strings of a script, without imports, `querySelector`s and errors for its developers. */
function strings(name, text) {
  const found = [];
  const look = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isNewExpression(node) && node.expression.getText() === "Error") return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) found.push(node.text);
    if (ts.isTemplateMiddleOrTemplateTail(node)) found.push(node.text);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  return found;
}
