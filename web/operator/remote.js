// The clicker of a page that only shows: it comes by the key with a ticket in its address, and gives
// what the keys order.
//
// Nobody operates from here in words: what a command did is seen in the picture. What was not done is
// said in small letters for some seconds.

import { say } from "../messages/say.js";
import { write } from "../shell/elements.js";
import { listenForTickets, takeTicket } from "./address.js";
import { Clicker } from "./clicker.js";
import { keep, key, redeem } from "./key.js";
import { post } from "./post.js";

/** @import { Order, Seen } from "./keys.js" */

/** How long it is said what was not done. */
const SAY_MS = 5000;

/**
 * @param {HTMLElement} badge says that the clicker is heard @param {HTMLElement} line says what was not done
 * @param {() => Seen | null} seen what the page shows
 */
export function listenToClicker(badge, line, seen) {
  const clicker = new Clicker({ badge, mayOrder: () => key() !== null, seen, give: (order) => void give(order) });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;

  /** @param {string} words */
  function tell(words) {
    clearTimeout(silence);
    write(line, words);
    line.hidden = words === "";
    if (words !== "") silence = setTimeout(() => tell(""), SAY_MS);
  }

  /** @param {Order} order */
  async function give(order) {
    const { outcome, why } = await post(order);
    clicker.show();
    if (outcome === "done") tell("");
    else if (outcome === "key") tell(say("clicker.key"));
    else if (outcome === "lost") tell(say("clicker.lost"));
    else tell(say("clicker.refused", { why }));
  }

  async function enter() {
    const ticket = takeTicket();
    if (ticket === null) return;
    const answer = await redeem(ticket);
    if ("key" in answer) keep(answer.key);
    else if (key() === null) tell(say("clicker.ticket"));
    clicker.show();
  }

  listenForTickets(() => void enter());
  void enter();
}
