// What the hall sees, small: the tug drawn from the snapshots that viewers get, and not from the true ones.
//
// It has a connection of its own, as any viewer has. While it is out of sight it stands still.

import "./words.js";

import { Live } from "../live/live.js";
import { say } from "../messages/say.js";
import { standing } from "../messages/sentences.js";
import { find, write } from "../shell/elements.js";
import { Picture } from "../tug/picture.js";

/** @import { Snapshot } from "../live/shapes.js" */

const box = find("hall", HTMLElement);
const cover = find("hall-cover", HTMLElement);
const words = find("hall-words", HTMLElement);
const picture = new Picture(box, find("hall-picture", HTMLCanvasElement), { ground: 0.885, figure: 0.205 }, "dark");
const live = new Live({ onSnapshot: show, onHealth: ({ connection }) => picture.age(connection === "stale") });

/** @param {Snapshot} snapshot */
function show(snapshot) {
  picture.show(snapshot);
  const covered = covers(snapshot);
  write(cover, covered);
  cover.hidden = covered === "";
  write(words, standing(snapshot));
}

/** What is there instead of the tug. @param {Snapshot} snapshot */
function covers({ blackout, scene, timer }) {
  if (blackout.includes("all") || blackout.includes("screens")) return say("hall.dark");
  if (scene === "join") return say("hall.join");
  return timer === null ? "" : say("hall.timer");
}

/** Begins to listen, and draws while somebody can see it. */
export function showHall() {
  new IntersectionObserver(([{ isIntersecting }]) => picture.freeze(!isIntersecting)).observe(box);
  live.start();
}
