// Heads: the face with what it feels, hair, and hats.
//
// One unit is the radius of the head, so a hat fits everybody. The caller has set the matrix to the
// top of the spine; the face looks towards the knot.

import { HAIR, HAT } from "./looks.js";

/** @import { Context, Head, Look, TeamPalette } from "./shapes.js" */

/** How somebody feels about it. */
export const MOOD = { calm: 0, strain: 1, aghast: 2, glad: 3, dazed: 4 };

/** Width of the outline. */
const LINE = 0.15;
const TURN = Math.PI * 2;
/** Middle of the face, from the top of the spine. */
const X = 0.16;
const Y = -1.12;

/**
 * What hangs or stands behind the head and is drawn before the body.
 * @param {Context} context @param {Head} person @param {string} hair @param {string} line
 */
export function drawBackOfHead(context, { look, heave, bare }, hair, line) {
  if (!bare && look.hat !== HAT.none && look.hat !== HAT.band) return;
  context.lineWidth = LINE;
  context.strokeStyle = line;
  if (look.hair === HAIR.afro) disc(context, X - 0.2, Y - 0.25, 1.34, hair, line);
  else if (look.hair === HAIR.bun) disc(context, X - 0.62, Y - 0.95, 0.42, hair, line);
  else if (look.hair === HAIR.tail) {
    const fly = 0.4 + heave;
    context.beginPath();
    context.moveTo(-0.7, -1.5);
    context.quadraticCurveTo(-1.7, -1.3 - fly, -1.8, -0.2 - fly * 1.2);
    context.lineWidth = 0.62 + LINE * 2;
    context.stroke();
    context.lineWidth = 0.62;
    context.strokeStyle = hair;
    context.stroke();
  }
}

/** @param {Context} context @param {Head} person @param {string} skin @param {string} hair @param {TeamPalette} team */
export function drawHead(context, { look, mood, hop, bare }, skin, hair, team) {
  context.lineWidth = LINE;
  context.strokeStyle = team.line;
  disc(context, X, Y, 0.98, skin, team.line);
  if (look.beard === 3) beard(context, X, Y, hair);
  face(context, X, Y, mood, look, skin, team.line, hair);
  if (bare || look.hat === HAT.none || look.hat === HAT.band) hairdo(context, X, Y, look.hair, hair);
  else sideburn(context, X, Y, hair);
  if (!bare && look.hat !== HAT.none) drawHat(context, X, Y - hop, look, team);
}

/**
 * A disc with an outline. Two filled discs cost a third of a stroked one, and heads are full of them.
 * @param {Context} context @param {number} x @param {number} y @param {number} radius
 * @param {string} fill @param {string} line
 */
function disc(context, x, y, radius, fill, line, width = LINE) {
  context.beginPath();
  context.arc(x, y, radius + width / 2, 0, TURN);
  context.fillStyle = line;
  context.fill();
  context.beginPath();
  context.arc(x, y, radius - width / 2, 0, TURN);
  context.fillStyle = fill;
  context.fill();
}

/**
 * @param {Context} context @param {number} x @param {number} y @param {number} mood
 * @param {Look} look @param {string} skin @param {string} line @param {string} hair
 */
function face(context, x, y, mood, look, skin, line, hair) {
  context.fillStyle = "rgb(214 60 40 / 0.32)";
  if (mood === MOOD.strain) {
    context.beginPath();
    context.arc(x + 0.32, y + 0.3, 0.3, 0, TURN);
    context.fill();
  }
  context.lineWidth = 0.14;
  context.strokeStyle = line;
  context.fillStyle = line;
  if (mood === MOOD.strain) {
    // Eyes pressed shut, teeth together.
    context.beginPath();
    context.moveTo(x + 0.28, y - 0.36);
    context.lineTo(x + 0.6, y - 0.18);
    context.lineTo(x + 0.26, y - 0.04);
    context.stroke();
    context.beginPath();
    context.rect(x + 0.26, y + 0.36, 0.5, 0.28);
    context.fillStyle = "#fff";
    context.fill();
    context.lineWidth = 0.1;
    context.moveTo(x + 0.51, y + 0.36);
    context.lineTo(x + 0.51, y + 0.64);
    context.stroke();
  } else if (mood === MOOD.dazed) {
    // Crossed-out eyes and a mouth that has lost its way.
    context.beginPath();
    context.moveTo(x + 0.26, y - 0.4);
    context.lineTo(x + 0.62, y - 0.02);
    context.moveTo(x + 0.62, y - 0.4);
    context.lineTo(x + 0.26, y - 0.02);
    context.moveTo(x + 0.22, y + 0.54);
    context.quadraticCurveTo(x + 0.36, y + 0.3, x + 0.48, y + 0.5);
    context.quadraticCurveTo(x + 0.6, y + 0.7, x + 0.76, y + 0.42);
    context.stroke();
  } else if (mood === MOOD.aghast) {
    disc(context, x + 0.45, y - 0.22, 0.27, "#fff", line, 0.09);
    context.fillStyle = line;
    context.beginPath();
    context.arc(x + 0.55, y - 0.2, 0.11, 0, TURN);
    context.fill();
    context.beginPath();
    context.ellipse(x + 0.5, y + 0.52, 0.2, 0.27, 0, 0, TURN);
    context.fill();
  } else {
    context.beginPath();
    context.ellipse(x + 0.46, y - 0.18, 0.12, 0.17, 0, 0, TURN);
    context.fill();
    context.beginPath();
    if (mood === MOOD.glad) {
      context.moveTo(x + 0.16, y + 0.36);
      context.quadraticCurveTo(x + 0.5, y + 0.95, x + 0.82, y + 0.3);
      context.closePath();
      context.fillStyle = "#fff";
      context.fill();
      context.lineWidth = 0.1;
    } else {
      context.moveTo(x + 0.32, y + 0.5);
      context.lineTo(x + 0.7, y + 0.46);
    }
    context.stroke();
  }
  if (look.glasses) {
    context.lineWidth = 0.1;
    context.beginPath();
    context.arc(x + 0.46, y - 0.2, 0.34, 0, TURN);
    context.moveTo(x + 0.12, y - 0.2);
    context.lineTo(x - 0.5, y - 0.3);
    context.stroke();
  }
  disc(context, x + 0.9 + look.nose * 0.35, y + 0.1, look.nose, skin, line, 0.13);
  if (look.beard === 2) {
    context.beginPath();
    context.moveTo(x + 0.95, y + 0.3);
    context.quadraticCurveTo(x + 0.5, y + 0.2, x + 0.2, y + 0.5);
    context.lineWidth = 0.24;
    context.strokeStyle = hair;
    context.stroke();
    context.strokeStyle = line;
  }
}

/** @param {Context} context @param {number} x @param {number} y @param {string} hair */
function beard(context, x, y, hair) {
  context.beginPath();
  context.moveTo(x - 0.75, y + 0.1);
  context.quadraticCurveTo(x - 0.4, y + 1.75, x + 0.55, y + 1.28);
  context.quadraticCurveTo(x + 0.95, y + 0.95, x + 0.9, y + 0.4);
  context.quadraticCurveTo(x + 0.3, y + 0.2, x - 0.2, y + 0.25);
  context.closePath();
  context.fillStyle = hair;
  context.fill();
  context.stroke();
}

/** @param {Context} context @param {number} x @param {number} y @param {string} hair */
function sideburn(context, x, y, hair) {
  context.fillStyle = hair;
  context.beginPath();
  context.moveTo(x - 0.92, y - 0.3);
  context.lineTo(x - 0.2, y - 0.3);
  context.lineTo(x - 0.36, y + 0.22);
  context.quadraticCurveTo(x - 0.6, y + 0.5, x - 0.86, y + 0.36);
  context.closePath();
  context.fill();
}

/** @param {Context} context @param {number} x @param {number} y @param {number} style @param {string} hair */
function hairdo(context, x, y, style, hair) {
  if (style === HAIR.bald) return;
  context.lineWidth = 0.13;
  context.fillStyle = hair;
  context.beginPath();
  if (style === HAIR.mohawk) {
    context.moveTo(x + 0.62, y - 0.78);
    context.lineTo(x + 0.5, y - 1.6);
    context.lineTo(x + 0.2, y - 1.2);
    context.lineTo(x - 0.05, y - 1.85);
    context.lineTo(x - 0.3, y - 1.25);
    context.lineTo(x - 0.75, y - 1.65);
    context.lineTo(x - 0.72, y - 1.05);
    context.lineTo(x - 1.3, y - 1.05);
    context.lineTo(x - 0.95, y - 0.35);
    context.quadraticCurveTo(x - 0.3, y - 1.1, x + 0.62, y - 0.78);
  } else {
    context.moveTo(x + 0.72, y - 0.62);
    context.quadraticCurveTo(x + 0.5, y - 1.35, x - 0.2, y - 1.16);
    context.quadraticCurveTo(x - 1.25, y - 1.05, x - 1.04, y + 0.1);
    context.quadraticCurveTo(x - 0.8, y + 0.62, x - 0.55, y + 0.3);
    context.quadraticCurveTo(x - 0.5, y - 0.15, x - 0.12, y - 0.38);
    context.quadraticCurveTo(x + 0.3, y - 0.3, x + 0.72, y - 0.62);
  }
  context.closePath();
  context.fill();
  // The hair in front of an afro is the same hair, without a border.
  if (style !== HAIR.afro) context.stroke();
}

/**
 * A hat on a head at (x, y).
 * @param {Context} context @param {number} x @param {number} y @param {Look} look @param {TeamPalette} team
 */
export function drawHat(context, x, y, look, team) {
  const fill = team.hats[look.hatColour];
  const trim = team.hats[(look.hatColour + 1) % 3];
  context.lineWidth = LINE;
  context.lineJoin = "round";
  context.strokeStyle = team.line;
  context.fillStyle = fill;
  context.beginPath();
  switch (look.hat) {
    case HAT.bobble:
      context.moveTo(x - 1.02, y - 0.28);
      context.bezierCurveTo(x - 1.05, y - 1.75, x + 0.95, y - 1.8, x + 0.96, y - 0.42);
      context.closePath();
      context.fill();
      context.stroke();
      disc(context, x - 0.15, y - 1.52, 0.36, trim, team.line);
      context.beginPath();
      context.moveTo(x - 1, y - 0.3);
      context.lineTo(x + 0.92, y - 0.44);
      context.lineWidth = 0.42;
      context.stroke();
      context.lineWidth = 0.2;
      context.strokeStyle = trim;
      context.stroke();
      break;
    case HAT.cap:
      context.moveTo(x - 1.02, y - 0.3);
      context.bezierCurveTo(x - 1.05, y - 1.5, x + 0.8, y - 1.62, x + 0.9, y - 0.52);
      context.quadraticCurveTo(x + 1.5, y - 0.62, x + 1.8, y - 0.3);
      context.quadraticCurveTo(x + 1.2, y - 0.36, x + 0.6, y - 0.3);
      context.closePath();
      context.fill();
      context.stroke();
      break;
    case HAT.top:
      context.moveTo(x - 1.45, y - 0.42);
      context.lineTo(x - 0.82, y - 0.5);
      context.lineTo(x - 0.9, y - 2.1);
      context.quadraticCurveTo(x, y - 2.3, x + 0.72, y - 2.16);
      context.lineTo(x + 0.7, y - 0.62);
      context.lineTo(x + 1.36, y - 0.66);
      context.quadraticCurveTo(x, y - 0.2, x - 1.45, y - 0.42);
      context.closePath();
      context.fill();
      context.stroke();
      context.beginPath();
      context.moveTo(x - 0.72, y - 0.8);
      context.quadraticCurveTo(x, y - 0.72, x + 0.6, y - 0.86);
      context.lineWidth = 0.3;
      context.strokeStyle = trim;
      context.stroke();
      break;
    case HAT.party:
      context.moveTo(x - 0.72, y - 0.58);
      context.lineTo(x - 0.25, y - 2.35);
      context.lineTo(x + 0.66, y - 0.72);
      context.quadraticCurveTo(x, y - 0.4, x - 0.72, y - 0.58);
      context.closePath();
      context.fill();
      context.stroke();
      disc(context, x - 0.25, y - 2.35, 0.27, trim, team.line);
      disc(context, x - 0.08, y - 1.25, 0.2, trim, team.line);
      break;
    case HAT.horns:
      // Horns of a helmet, then the helmet over their roots.
      context.fillStyle = team.horn;
      context.moveTo(x - 0.5, y - 0.75);
      context.quadraticCurveTo(x - 1.5, y - 0.9, x - 1.35, y - 1.9);
      context.quadraticCurveTo(x - 0.95, y - 1.35, x - 0.1, y - 1.25);
      context.closePath();
      context.moveTo(x + 0.35, y - 0.8);
      context.quadraticCurveTo(x + 1.35, y - 0.95, x + 1.25, y - 1.9);
      context.quadraticCurveTo(x + 0.9, y - 1.4, x + 0.1, y - 1.25);
      context.closePath();
      context.fill();
      context.stroke();
      context.beginPath();
      context.moveTo(x - 1.02, y - 0.3);
      context.bezierCurveTo(x - 1.02, y - 1.6, x + 0.92, y - 1.65, x + 0.98, y - 0.42);
      context.closePath();
      context.fillStyle = fill;
      context.fill();
      context.stroke();
      break;
    case HAT.straw:
      context.fillStyle = team.straw;
      context.ellipse(x - 0.02, y - 0.55, 1.7, 0.3, -0.08, 0, TURN);
      context.fill();
      context.stroke();
      context.beginPath();
      context.moveTo(x - 0.78, y - 0.6);
      context.bezierCurveTo(x - 0.75, y - 1.55, x + 0.62, y - 1.6, x + 0.72, y - 0.7);
      context.quadraticCurveTo(x, y - 0.5, x - 0.78, y - 0.6);
      context.fill();
      context.stroke();
      context.beginPath();
      context.moveTo(x - 0.68, y - 0.78);
      context.quadraticCurveTo(x, y - 0.66, x + 0.62, y - 0.86);
      context.lineWidth = 0.22;
      context.strokeStyle = fill;
      context.stroke();
      break;
    default:
      context.moveTo(x - 0.93, y - 0.5);
      context.quadraticCurveTo(x, y - 0.4, x + 0.85, y - 0.66);
      context.lineWidth = 0.42;
      context.stroke();
      context.lineWidth = 0.24;
      context.strokeStyle = fill;
      context.stroke();
  }
  context.strokeStyle = team.line;
}
