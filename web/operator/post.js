// Gives a command over HTTP, from a page that has no operators' socket.
//
// It is sent once: where no answer comes nobody knows whether it was heard, and only a person may give it
// again. What cannot be now is asked for softly, so that the browser does not take the answer for a fault.

import { forget, key } from "./key.js";

/** @import { Order } from "./keys.js" */

/** How long an answer may take. */
const PATIENCE_MS = 5000;

/** @typedef {"done" | "unchanged" | "refused" | "key" | "lost"} Outcome what became of a command */

/** @param {Order} order @returns {Promise<{ outcome: Outcome, why: string }>} */
export async function post(order) {
  try {
    const response = await fetch("/api/v1/operate", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key()}` },
      body: JSON.stringify({ ...order, soft: true }),
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = await response.json();
    if (response.status === 401) forget();
    if (response.status === 401) return { outcome: "key", why: "" };
    const why = String(said.why ?? said.error ?? "");
    if (!response.ok) return { outcome: "refused", why };
    return { outcome: said.changed ? "done" : "unchanged", why };
  } catch {
    return { outcome: "lost", why: "" };
  }
}
