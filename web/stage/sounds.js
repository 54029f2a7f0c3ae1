// Ticks for the last three seconds before a round opens and before its bell, and the bell: made here, of
// plain waves. Loaded only where the config asks for sounds.
//
// A browser plays nothing before somebody has clicked on the page or pressed a key, unless it was started
// to (`--autoplay-policy=no-user-gesture-required`); a badge says so until then.

import { find } from "../shell/elements.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** Partials of a bell: how much higher than its note, how loud, and how long it rings. */
const BELL = [
  [0.5, 0.3, 4],
  [1, 1, 3],
  [1.183, 0.5, 2.2],
  [1.506, 0.35, 1.8],
  [2, 0.4, 1.4],
  [2.66, 0.2, 0.8],
];
const NOTE = 587;
const TICKS_MS = 3000;
/** Shorter than this a tone begins with a crack. */
const ATTACK_S = 0.002;

const context = new AudioContext();
const silent = find("silent", HTMLElement);
let scene = "";
let second = 0;

const show = () => {
  silent.hidden = context.state === "running";
};
const wake = () => void context.resume();
context.addEventListener("statechange", show);
for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, wake);
show();

/** Makes what belongs to this second of a scene, once. @param {string} now @param {Snapshot} snapshot */
export function ring(now, { round, blackout }) {
  const left = now === "countdown" ? round?.opens_in_ms : now === "last" ? round?.left_ms : null;
  const isNear = !!left && left <= TICKS_MS && !round?.paused;
  const next = isNear ? Math.ceil((left ?? 0) / 1000) : 0;
  const before = scene;
  const isNew = next !== second || now !== before;
  scene = now;
  second = next;
  // Who opens the page in the middle of something hears what comes after it.
  if (before === "" || !isNew || blackout.includes("all")) return;
  const wasOpen = before === "open" || before === "last";
  if (now === "locked" && wasOpen) for (const [height, loud, long] of BELL) tone(NOTE * height, loud * 0.28, long);
  else if (before === "countdown" && (now === "open" || now === "last")) tone(1760, 0.3, 0.45);
  else if (next > 0) tone(now === "countdown" ? 880 : 1320, 0.3, 0.09);
}

/** @param {number} hertz @param {number} loud @param {number} long seconds */
function tone(hertz, loud, long) {
  if (context.state !== "running") return;
  const start = context.currentTime;
  const wave = new OscillatorNode(context, { frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.linearRampToValueAtTime(loud, start + ATTACK_S);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + long);
  wave.connect(gain).connect(context.destination);
  wave.start();
  wave.stop(start + long);
}
