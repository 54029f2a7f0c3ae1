// The buttons and forms of the page: what each orders, whether it can be now, and what became of it.
//
// An element with `data-order` is one: a button gives it as it stands, a form with what its fields say.
// What cannot be now stays in reach of keyboard and finger (`aria-disabled`), so that it can say why.

import { isolated } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";
import { write } from "../shell/elements.js";
import { effect, given, hindrance, isOffered } from "./possible.js";
import { answered, does } from "./sentences.js";

/** @import { Answer, Snapshot } from "../live/shapes.js" */
/** @import { Key } from "../messages/say.js" */
/** @import { Order } from "../operator/keys.js" */
/** @import { Said } from "./sentences.js" */

/** A second press of the same button within this time is a finger that bounced, even after the answer. */
const BOUNCE_MS = 400;

export class Desk {
  #root;
  #answer;
  #give;
  /** What the page shows. @type {Snapshot | null} */
  #shown = null;
  #isLive = false;

  /**
   * @param {HTMLElement} root with all buttons and forms @param {HTMLElement} answer a live region
   * @param {(order: Order) => Promise<Answer | null>} give
   */
  constructor(root, answer, give) {
    this.#root = root;
    this.#answer = answer;
    this.#give = give;
    root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button?.dataset.order !== undefined) void this.#press(button, button);
    });
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      if (!(form instanceof HTMLFormElement)) return;
      const button = form.querySelector("button");
      if (button) void this.#press(form, button);
    });
    root.addEventListener("keydown", (event) => {
      // A key that is held would press a button again and again.
      if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
    });
  }

  /** Shows which orders can be given. @param {Snapshot} snapshot @param {boolean} isLive */
  show(snapshot, isLive) {
    // More time comes to where the bell was: the second press of a bell must not open the round again.
    const settles = this.#shown?.phase === "open" && snapshot.phase !== "open";
    this.#shown = snapshot;
    this.#isLive = isLive;
    for (const element of this.#root.querySelectorAll("[data-order]")) {
      const button = element instanceof HTMLFormElement ? element.querySelector("button") : element;
      if (!(button instanceof HTMLButtonElement) || !(element instanceof HTMLElement)) continue;
      const order = fixed(element);
      button.hidden = !isOffered(order, snapshot);
      const why = this.#hindrance(order);
      mark(button, why);
      tell(button, why === null ? does(effect(order, snapshot)) : say(why));
      if (settles && button.classList.contains("settles")) this.#settle(button);
      if (order.command === "scene") {
        button.setAttribute("aria-pressed", String(order.scene === snapshot.scene));
      }
    }
  }

  /** Takes no press of a button for a moment. @param {HTMLButtonElement} button */
  #settle(button) {
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), BOUNCE_MS);
  }

  /** Says what became of an order, or of the page itself. @param {Said} said */
  say({ kind, words }) {
    this.#answer.dataset.kind = kind;
    this.#answer.textContent = words;
  }

  /** What the page shows. */
  get shown() {
    return this.#shown;
  }

  /** Gives an order that came by a key. @param {Order} order */
  order(order) {
    return this.#carry(sayValue("command", order.command), order);
  }

  /**
   * Gives an order unless it cannot be, and says what became of it.
   * @param {string} name of the order, as people know it @param {Order} whole @returns {Promise<Answer | null>}
   */
  async #carry(name, whole) {
    const why = this.#hindrance(whole);
    if (why !== null || this.#shown === null) {
      const words = say("answer.hindered", { time: time(), order: name, why: say(why ?? "hinder.connection") });
      this.say({ kind: "refused", words });
      return null;
    }
    const order = given(whole, this.#shown.phase);
    const answer = await this.#give(order);
    this.say(answered(name, order, answer, time()));
    return answer;
  }

  /** @param {Order} order @returns {Key | null} */
  #hindrance(order) {
    if (!this.#isLive || this.#shown === null) return "hinder.connection";
    return hindrance(order, this.#shown);
  }

  /** @param {HTMLElement} element with the order @param {HTMLButtonElement} button */
  async #press(element, button) {
    if (button.hasAttribute("aria-busy")) return;
    const name = isolated(button.getAttribute("aria-label") ?? button.textContent ?? "");
    const whole = element instanceof HTMLFormElement ? filled(element) : fixed(element);
    button.setAttribute("aria-busy", "true");
    const bounced = new Promise((resolve) => setTimeout(resolve, BOUNCE_MS));
    const answer = await this.#carry(name, whole);
    void bounced.then(() => button.removeAttribute("aria-busy"));
    if (!answer?.changed) return;
    if (element instanceof HTMLFormElement) element.reset();
    const details = element.closest("details");
    if (details) details.open = false;
  }
}

/** Makes a button give an order. @param {HTMLElement} button @param {Order} order */
export function orders(button, order) {
  const text = JSON.stringify(order);
  if (button.dataset.order !== text) button.dataset.order = text;
}

/** @param {HTMLElement} element @returns {Order} */
function fixed(element) {
  return JSON.parse(element.dataset.order ?? "");
}

/** The order of a form, with its fields. @param {HTMLFormElement} form @returns {Order} */
function filled(form) {
  const order = fixed(form);
  for (const field of form.elements) {
    if (field instanceof HTMLTextAreaElement) {
      order[field.name] = field.value
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
    } else if (field instanceof HTMLInputElement) {
      order[field.name] = field.type === "number" ? field.valueAsNumber : field.value.trim();
    }
  }
  return order;
}

/** @param {HTMLButtonElement} button @param {Key | null} why it cannot be pressed */
function mark(button, why) {
  const words = why === null ? "" : say(why);
  if (button.title === words && button.hasAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", String(why !== null));
  button.title = words;
}

/**
 * Says beside a button, for the eye and for a screen reader, what it would do or why it cannot.
 * @param {HTMLButtonElement} button @param {string} words
 */
function tell(button, words) {
  const told = button.nextElementSibling;
  if (!(told instanceof HTMLElement) || !told.classList.contains("tell")) return;
  write(told, words);
  if (told.id === "") told.id = `tell-${document.querySelectorAll(".tell[id]").length}`;
  if (!button.hasAttribute("aria-describedby")) button.setAttribute("aria-describedby", told.id);
}

function time() {
  return new Date().toLocaleTimeString("en-GB");
}
