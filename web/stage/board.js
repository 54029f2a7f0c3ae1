// The letters over the tug: numerals, clocks and sentences of a round, and the card by which people join.
//
// Snapshots say where the clocks stand; between two of them the page's own clock goes on, as far as the
// second that is running, so that a lost connection stops it. Letters are sized when they change, never in
// a frame.

import { css } from "../tug/colour.js";
import { find, write } from "../shell/elements.js";
import { say } from "../messages/say.js";
import { after, changesIn, sceneOf } from "./scene.js";
import { fit } from "./fit.js";
import { letters, place } from "./sentences.js";

/** @import { Snapshot, Team } from "../live/shapes.js" */
/** @import { Palette, TeamPalette } from "../tug/shapes.js" */

/** How far the clocks go on without news. */
const ALONE_MS = 1500;
/** A clock that is told to go back by less than this is only told late. */
const JITTER_MS = 300;
/** Longer titles are set smaller, on two lines. */
const LONG_TITLE = 36;
/** Longer hashtags are cut in a corner, and whole in a list before the round. */
const LONG_TAG = 12;

export class Board {
  /** The scene that is shown. */
  scene = "";

  #onScene;
  #big = find("big", HTMLElement);
  #note = find("note", HTMLElement);
  #tags = find("tags", HTMLElement);
  #more = find("more", HTMLElement);
  #card = document.createElement("section");
  #code = document.createElement("img");
  #address = document.createElement("p");
  #cardTags = document.createElement("ul");
  #teams = "";
  /** @type {Palette | null} */
  #palette = null;
  /** @type {Snapshot | null} */
  #snapshot = null;
  #heard = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ticking;

  /** @param {(scene: string, snapshot: Snapshot) => void} onScene hears of every second of a scene */
  constructor(onScene) {
    this.#onScene = onScene;
    const head = document.createElement("h2");
    head.textContent = say("join.head");
    this.#card.className = "card";
    this.#card.hidden = true;
    this.#code.alt = say("join.code");
    this.#address.className = "address";
    this.#cardTags.className = "tags";
    this.#card.append(head, this.#code, this.#address, this.#cardTags);
    find("main", HTMLElement).append(this.#card);
    new ResizeObserver(() => this.#fit()).observe(find("scene", HTMLElement));
  }

  /** Goes on from a snapshot. @param {Snapshot} snapshot @param {Palette} palette of its teams */
  show(snapshot, palette) {
    const { title, teams, round } = snapshot;
    const now = performance.now();
    // News that was under way for a little longer than the last does not turn a numeral back.
    const own = this.#snapshot && after(this.#snapshot, now - this.#heard);
    const ahead = own?.phase === snapshot.phase ? left(snapshot) - left(own) : 0;
    this.#heard = ahead > 0 && ahead < JITTER_MS ? now - ahead : now;
    this.#snapshot = snapshot;
    this.#palette = palette;
    find("title", HTMLElement).classList.toggle("long", title.length > LONG_TITLE);
    write(find("place", HTMLElement), place(snapshot));
    document.body.classList.toggle("secret", !!round?.hidden);
    const named = JSON.stringify([teams.map(({ name, hashtags, color }) => [name, hashtags, color])]);
    if (named !== this.#teams) {
      this.#teams = named;
      const isShort = teams.every(({ name, hashtags }) => (hashtags[0] ?? name).length <= LONG_TAG);
      document.body.classList.toggle("listed", teams.length > 2 || !isShort);
      for (const list of [this.#tags, this.#cardTags]) list.replaceChildren(...plates(teams, palette));
      this.#fit();
    }
    this.#draw();
  }

  /** Stands still. */
  hold() {
    clearTimeout(this.#ticking);
  }

  #draw() {
    clearTimeout(this.#ticking);
    if (!this.#snapshot) return;
    const since = performance.now() - this.#heard;
    const snapshot = after(this.#snapshot, Math.min(since, ALONE_MS));
    const scene = sceneOf(snapshot);
    const isOther = scene !== this.scene;
    this.scene = scene;
    document.body.dataset.scene = scene;
    this.#card.hidden = scene !== "join";
    if (scene === "join") this.#join(snapshot.join);
    const { big, note, more, team } = letters(scene, snapshot);
    const isWritten = isOther || big !== this.#big.textContent || more !== this.#more.textContent;
    write(this.#big, big);
    write(this.#note, note);
    write(this.#more, more);
    const plate = this.#palette?.teams[team];
    this.#big.classList.toggle("winner", !!plate);
    if (plate) dress(this.#big, plate);
    this.#onScene(scene, snapshot);
    if (isWritten) this.#fit();
    const next = changesIn(snapshot);
    if (since + next <= ALONE_MS) this.#ticking = setTimeout(() => this.#draw(), next);
  }

  /** @param {string | null} address */
  #join(address) {
    this.#code.hidden = this.#address.hidden = address === null;
    const plain = (address ?? "").replace(/^http:\/\//, "").replace(/\/$/, "");
    if (plain === this.#address.textContent) return;
    this.#address.textContent = plain;
    // Another address is another picture, and the browser may have kept the first.
    if (address !== null) this.#code.src = `/api/v1/join.svg?${encodeURIComponent(address)}`;
    this.#fit();
  }

  #fit() {
    fit(this.#big);
    fit(this.#tags);
    fit(this.#more);
    fit(this.#address);
    fit(this.#cardTags);
  }
}

/** What the clock of a phase shows. @param {Snapshot} snapshot */
function left({ phase, round }) {
  return (phase === "countdown" ? round?.opens_in_ms : round?.left_ms) ?? 0;
}

/** The hashtags of teams, each on a plate of its colour. @param {Team[]} teams @param {Palette} palette */
function plates(teams, palette) {
  return teams.map(({ name, hashtags }, index) => {
    const plate = document.createElement("li");
    plate.dir = "auto";
    plate.textContent = hashtags.length > 0 ? `#${hashtags[0]}` : name;
    dress(plate, palette.teams[index]);
    return plate;
  });
}

/** @param {HTMLElement} plate @param {TeamPalette} colours */
function dress(plate, { field, ink }) {
  plate.style.setProperty("--plate", css(field));
  plate.style.setProperty("--on-plate", css(ink));
}
