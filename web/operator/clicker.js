// Listens to a clicker and to the keys of a page that has the operators' key, and says that it does.
//
// Keys reach the page that has the focus and no other: the badge is seen while this one has it. Without
// the operators' key there is no badge and no command, and every key does what it does elsewhere.

import { say } from "../messages/say.js";
import { write } from "../shell/elements.js";
import { hasLetters, ordered } from "./keys.js";

/** @import { Order, Seen } from "./keys.js" */

/** The same key again within this time is a finger that bounced. */
const BOUNCE_MS = 400;
/** Where a key is text, and not an order. */
const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * @typedef {object} Parts
 * @property {HTMLElement} badge
 * @property {() => boolean} mayOrder whether the page has the key
 * @property {() => Seen | null} seen what the page shows
 * @property {(order: Order) => void} give
 */

export class Clicker {
  #parts;
  #letters = hasLetters(location.search);
  #key = "";
  #pressed = -Infinity;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    document.addEventListener("keydown", (event) => this.#press(event));
    for (const event of ["focus", "blur"]) window.addEventListener(event, () => this.show());
    this.show();
  }

  /** Says whether the clicker is heard here. */
  show() {
    const { badge, mayOrder } = this.#parts;
    badge.hidden = !mayOrder() || !document.hasFocus();
    write(badge, badge.hidden ? "" : say("clicker.here"));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { mayOrder, seen, give } = this.#parts;
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !mayOrder()) return;
    // A clicker begins slides with it; here it would throw the page away.
    if (key === "F5") return event.preventDefault();
    if (target instanceof Element && target.closest(FIELDS)) return;
    const shown = seen();
    const order = shown && ordered(key, shown, this.#letters);
    if (!order) return;
    event.preventDefault();
    const since = event.timeStamp - this.#pressed;
    if (event.repeat || (key === this.#key && since < BOUNCE_MS)) return;
    this.#key = key;
    this.#pressed = event.timeStamp;
    give(order);
  }
}
