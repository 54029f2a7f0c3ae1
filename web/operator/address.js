// Takes the ticket out of the address, before anything else of the page is there: it must not stay in
// the address bar or in the history, and is good only once. It imports nothing, so that it runs first.

/** @type {string | null} */
let ticket = null;

/** Called when another ticket has come into the address. */
let onTicket = () => {};

/** Takes what stands behind the `#`, and cleans the address. */
function take() {
  const found = location.hash.slice(1);
  if (location.href.includes("#")) history.replaceState(null, "", location.pathname + location.search);
  if (found !== "") ticket = found;
}

/** The ticket that came with the address, once. @returns {string | null} */
export function takeTicket() {
  const taken = ticket;
  ticket = null;
  return taken;
}

/** An address with a new ticket, in the same window, opens no new page. @param {() => void} listener */
export function listenForTickets(listener) {
  onTicket = listener;
}

take();
window.addEventListener("hashchange", () => {
  take();
  if (ticket !== null) onTicket();
});
