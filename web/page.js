// What every page does with the wire: find its elements, show how fresh the news is, and tell tests.

import { duration, isReplay, trouble } from "./words.js";

/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./live.js").Health} Health */

/**
 * The element with this id, which the page must have.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/** Writes text only when it has changed. @param {HTMLElement} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Says how fresh the news is: first whether this page hears of the count at all, then whether the
 * count hears of the posts.
 * @param {HTMLElement} element @param {Health} health @param {Snapshot | null} snapshot
 */
export function showHealth(element, { connection, silent }, snapshot) {
  document.documentElement.dataset.connection = connection;
  const troubled = snapshot ? trouble(snapshot) : null;
  document.documentElement.dataset.sources = troubled === null ? "live" : "troubled";
  const texts = {
    connecting: "connecting…",
    live: troubled ?? "live",
    stale: `no news for ${duration(Math.max(1000, silent))}`,
  };
  write(element, texts[connection]);
}

/** Shows the badge of a rehearsal. @param {HTMLElement} badge @param {Snapshot} snapshot */
export function showReplay(badge, snapshot) {
  badge.hidden = !isReplay(snapshot);
  document.documentElement.dataset.seq = String(snapshot.seq);
}

/**
 * A read-only look inside, for the browser tests.
 * @param {Record<string, () => unknown>} readings
 */
export function expose(readings) {
  const properties = Object.fromEntries(
    Object.entries(readings).map(([name, get]) => [name, { get, enumerable: true }]),
  );
  const hook = Object.freeze(Object.defineProperties({}, properties));
  Object.defineProperty(window, "hashtug", { value: hook });
}
