// Three ways to hear from the server, best first, all with the same shape.
//
// Each opens at once, hands every message to `hear` as text, calls `end` at most once when it can
// hear no more, and returns a function that closes it without a further call. None of them retries:
// the one who opened it decides what comes next.

/** @typedef {(hear: (message: string) => void, end: () => void) => () => void} Transport */

/** Pause between two requests when polling. */
const POLL_MS = 1000;

/** @type {Transport} */
function socket(hear, end) {
  const websocket = new WebSocket(socketAddress("/api/v1/live"));
  websocket.onmessage = ({ data }) => hear(String(data));
  websocket.onclose = end;
  return () => {
    websocket.onmessage = null;
    websocket.onclose = null;
    websocket.close();
  };
}

/** @type {Transport} */
function events(hear, end) {
  const stream = new EventSource("/api/v1/events");
  const close = () => {
    stream.onmessage = null;
    stream.onerror = null;
    stream.close();
  };
  stream.onmessage = ({ data }) => hear(String(data));
  // The browser would reconnect by itself, all viewers in step; ours waits with jitter.
  stream.onerror = () => {
    close();
    end();
  };
  return close;
}

/** Asks again and again, and has no connection that could begin or end. @type {Transport} */
export function polling(hear, end) {
  const stop = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ask = async () => {
    try {
      const response = await fetch("/api/v1/snapshot", { cache: "no-store", signal: stop.signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const message = await response.text();
      if (stop.signal.aborted) return;
      hear(message);
      timer = setTimeout(ask, POLL_MS);
    } catch {
      if (!stop.signal.aborted) end();
    }
  };
  void ask();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

/** The address of a socket of this page's server. @param {string} path */
export function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** @type {readonly Transport[]} */
export const TRANSPORTS = [socket, events, polling];
