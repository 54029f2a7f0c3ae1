// The contest as a table: what the canvas shows, for those who read or hear it.

import { count, percent } from "../messages/numbers.js";
import { say } from "../messages/say.js";

/** @import { Snapshot } from "../live/shapes.js" */

const COLUMNS = [
  say("table.team"),
  say("table.hashtags"),
  say("table.share"),
  say("table.votes"),
  say("table.rate"),
  say("table.total"),
];

/** For a number that is kept from whoever reads the page. */
const NOT_TOLD = "–";

export class Table {
  #body;
  /** @type {HTMLTableCellElement[][]} */
  #rows = [];

  /** @param {HTMLTableElement} element an empty table, with or without a caption */
  constructor(element) {
    // Roles are said aloud because a phone lays the table out as a list, which would undo them.
    element.role = "table";
    const head = element.createTHead().insertRow();
    head.role = "row";
    for (const column of COLUMNS) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.role = "columnheader";
      cell.textContent = column;
      head.append(cell);
    }
    this.#body = element.createTBody();
  }

  /** @param {Snapshot} snapshot @param {string[]} colours of the teams, as css */
  show({ teams, leader, round }, colours) {
    while (this.#rows.length > teams.length) {
      this.#body.deleteRow(-1);
      this.#rows.pop();
    }
    while (this.#rows.length < teams.length) this.#rows.push(this.#row());
    teams.forEach((team, index) => {
      const cells = this.#rows[index];
      const texts = [
        team.name,
        team.hashtags.map((hashtag) => `#${hashtag}`).join(" "),
        `${percent(team.share)} %`,
        count(team.votes),
        team.rate.toFixed(1),
        count(team.total),
      ];
      // What nobody may know is the same for all, and looks like a tie of nothing.
      if (round?.hidden) texts.fill(NOT_TOLD, 2);
      texts.forEach((text, column) => {
        if (cells[column].textContent !== text) cells[column].textContent = text;
      });
      cells[0].style.setProperty("--team", colours[index]);
      cells[0].classList.toggle("leader", team.name === leader);
      cells[2].dataset.share = String(team.share);
    });
  }

  #row() {
    const row = this.#body.insertRow();
    row.role = "row";
    return COLUMNS.map((column, index) => {
      const cell = document.createElement(index === 0 ? "th" : "td");
      if (index === 0) cell.scope = "row";
      cell.role = index === 0 ? "rowheader" : "cell";
      if (index < 2) cell.dir = "auto";
      else cell.className = "number";
      cell.dataset.label = column;
      row.append(cell);
      return cell;
    });
  }
}
