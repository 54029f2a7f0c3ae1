// The operators' key: changed for a ticket, kept for this tab alone, so that a reload has it still.
//
// It is in no element, no address and no log. Where the browser keeps nothing, the page has it until
// it is left.

/** @typedef {{ key: string } | { status: number, why: string }} Redeemed status 0: no answer came */

const PLACE = "hashtug.operate";

/** @type {string | null} */
let held = null;

/** @returns {string | null} */
export function key() {
  return held ?? stored((storage) => storage.getItem(PLACE));
}

/** @param {string} key */
export function keep(key) {
  held = key;
  stored((storage) => storage.setItem(PLACE, key));
}

export function forget() {
  held = null;
  stored((storage) => storage.removeItem(PLACE));
}

/** Changes a ticket for the key. @param {string} ticket @returns {Promise<Redeemed>} */
export async function redeem(ticket) {
  try {
    const response = await fetch("/api/v1/operate/key", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ticket }),
      cache: "no-store",
    });
    const said = await response.json();
    if (response.ok && typeof said.key === "string") return { key: said.key };
    return { status: response.status, why: String(said.error ?? "") };
  } catch {
    return { status: 0, why: "" };
  }
}

/** The ticket in what somebody has pasted: an address, or the ticket alone. @param {string} text */
export function ticketIn(text) {
  return text.slice(text.lastIndexOf("#") + 1).trim();
}

/** @template Value @param {(storage: Storage) => Value} use */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
