// Draws one person at the rope, in the pose of `joints`.
//
// A body is a dozen paths: limbs are strokes with round ends, each drawn once wide in the outline
// colour and once narrower in its own. Units are heights of the person, as in `pose.js`; each part has
// its own frame (hips, head, foot), set as a matrix and never saved and restored.

import { drawBackOfHead, drawHead } from "./heads.js";
import { SPINE, joints, pose } from "./pose.js";

/** @import { Context, Look, Person, Skins, TeamPalette } from "./shapes.js" */

/** Width of the outline on each side of a limb. */
const LINE = 0.017;
const TURN = Math.PI * 2;

/** The matrix of the person: scale across (negative when facing left), scale down, and place. */
let across = 1;
let down = 1;
let placeX = 0;
let placeY = 0;

/**
 * @param {Context} context
 * @param {Person} person
 * @param {number} x place on the canvas
 * @param {number} y the ground there
 * @param {number} height in pixels
 * @param {TeamPalette} team
 * @param {Skins} skins
 */
export function drawFigure(context, person, x, y, height, team, skins) {
  const { look } = person;
  pose(person);
  across = height * person.facing;
  down = height;
  placeX = x;
  placeY = y;
  const skin = skins.skin[look.skin];
  const shirt = team.cloth[look.shirt];
  const girth = look.girth;
  const leg = 0.082 * (0.75 + girth * 0.25);

  // Far limbs first, in one dark tone: they are seen as shade.
  body(context);
  context.beginPath();
  context.moveTo(joints.hipX + 0.02, joints.hipY);
  context.lineTo(joints.backKneeX, joints.backKneeY);
  context.lineTo(joints.backAnkleX, joints.backAnkleY);
  context.lineWidth = leg + LINE * 2;
  context.strokeStyle = team.line;
  context.stroke();
  context.lineWidth = leg;
  context.strokeStyle = team.trousers[look.trousers];
  context.stroke();
  shoe(context, joints.backAnkleX, joints.backAnkleY, joints.backToe, team);
  body(context);
  context.beginPath();
  context.moveTo(joints.shoulderX + 0.02, joints.shoulderY + 0.03);
  context.lineTo(joints.farElbowX, joints.farElbowY);
  context.lineTo(joints.farHandX, joints.farHandY);
  context.lineWidth = 0.085;
  context.strokeStyle = team.line;
  context.stroke();

  shoe(context, joints.frontAnkleX, joints.frontAnkleY, joints.frontToe, team);
  body(context);
  limb(context, joints.hipX, joints.hipY, joints.frontKneeX, joints.frontKneeY, joints.frontAnkleX, joints.frontAnkleY, leg, team.trousers[look.trousers], team.line);

  const hair = skins.hair[look.hairColour];
  part(context, joints.shoulderX, joints.shoulderY, joints.tilt, look.head);
  drawBackOfHead(context, person, hair, team.line);
  torso(context, look, shirt, team);
  part(context, joints.shoulderX, joints.shoulderY, joints.tilt, look.head);
  drawHead(context, person, skin, hair, team);

  body(context);
  limb(context, joints.shoulderX, joints.shoulderY + 0.035, joints.nearElbowX, joints.nearElbowY, joints.nearHandX, joints.nearHandY, 0.066, look.sleeves ? shirt : skin, team.line);
  if (!look.sleeves) {
    context.beginPath();
    context.moveTo(joints.shoulderX, joints.shoulderY + 0.035);
    context.lineTo((joints.shoulderX + joints.nearElbowX * 2) / 3, (joints.shoulderY + 0.035 + joints.nearElbowY * 2) / 3);
    context.lineWidth = 0.074;
    context.strokeStyle = shirt;
    context.stroke();
  }
  fists(context, skin, team.line);
}

/**
 * The fists alone, for those who stand behind the rope.
 * @param {Context} context
 * @param {Person} person
 * @param {number} x @param {number} y @param {number} height
 * @param {TeamPalette} team
 * @param {Skins} skins
 */
export function drawFists(context, person, x, y, height, team, skins) {
  pose(person);
  across = height * person.facing;
  down = height;
  placeX = x;
  placeY = y;
  body(context);
  fists(context, skins.skin[person.look.skin], team.line);
}

/** @param {Context} context @param {string} skin @param {string} line */
function fists(context, skin, line) {
  hands(context, 0.055);
  context.fillStyle = line;
  context.fill();
  hands(context, 0.039);
  context.fillStyle = skin;
  context.fill();
}

/** @param {Context} context @param {number} radius */
function hands(context, radius) {
  const { nearHandX, nearHandY, farHandX, farHandY } = joints;
  context.beginPath();
  context.arc(farHandX, farHandY, radius, 0, TURN);
  context.moveTo(nearHandX + radius, nearHandY);
  context.arc(nearHandX, nearHandY, radius, 0, TURN);
}

/** @param {Context} context */
function body(context) {
  context.setTransform(across, 0, 0, down, placeX, placeY);
}

/**
 * Makes (x, y) the origin, turned by `angle`.
 * @param {Context} context @param {number} x @param {number} y @param {number} angle
 */
function part(context, x, y, angle, scale = 1) {
  const cos = Math.cos(angle) * scale;
  const sin = Math.sin(angle) * scale;
  context.setTransform(across * cos, down * sin, -across * sin, down * cos, placeX + across * x, placeY + down * y);
}

/**
 * @param {Context} context
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by @param {number} cx @param {number} cy
 * @param {number} width @param {string} fill @param {string} line
 */
function limb(context, ax, ay, bx, by, cx, cy, width, fill, line) {
  context.beginPath();
  context.moveTo(ax, ay);
  context.lineTo(bx, by);
  context.lineTo(cx, cy);
  context.lineWidth = width + LINE * 2;
  context.strokeStyle = line;
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = fill;
  context.stroke();
}

/** @param {Context} context @param {number} x @param {number} y @param {number} toe @param {TeamPalette} team */
function shoe(context, x, y, toe, team) {
  part(context, x, y, toe);
  context.beginPath();
  context.moveTo(-0.065, 0.045);
  context.quadraticCurveTo(-0.063, 0.06, -0.05, 0.06);
  context.lineTo(0.1, 0.06);
  context.quadraticCurveTo(0.14, 0.015, 0.078, -0.022);
  context.lineTo(0.035, -0.04);
  context.lineTo(-0.06, -0.035);
  context.closePath();
  context.fillStyle = team.line;
  context.fill();
}

/** @param {Context} context @param {Look} look @param {string} shirt @param {TeamPalette} team */
function torso(context, look, shirt, team) {
  const wide = 0.088 * look.girth;
  const belly = look.belly;
  part(context, joints.hipX, joints.hipY, joints.spine);
  context.beginPath();
  context.moveTo(-wide, -SPINE + 0.02);
  context.quadraticCurveTo(-wide * 0.6, -SPINE - 0.045, 0, -SPINE - 0.04);
  context.quadraticCurveTo(wide * 0.8, -SPINE - 0.04, wide, -SPINE + 0.03);
  context.quadraticCurveTo(wide * 1.12 + belly * 1.6, -0.1, wide + belly * 0.3, 0.025);
  context.quadraticCurveTo(0, 0.075, -wide, 0.03);
  context.quadraticCurveTo(-wide * 1.25, -0.14, -wide, -SPINE + 0.02);
  context.closePath();
  context.fillStyle = shirt;
  context.fill();
  context.lineWidth = LINE * 1.6;
  context.strokeStyle = team.line;
  context.stroke();
  context.strokeStyle = team.cloth[(look.shirt + 1) % 5];
  if (look.print === 1) {
    context.lineWidth = 0.034;
    context.lineCap = "butt";
    context.beginPath();
    context.moveTo(-wide * 0.98, -0.205);
    context.quadraticCurveTo(0, -0.19, wide * 0.98, -0.205);
    context.moveTo(-wide * 1.06, -0.125);
    context.quadraticCurveTo(0, -0.105, wide + belly * 0.7, -0.125);
    context.moveTo(-wide * 1.0, -0.045);
    context.quadraticCurveTo(0, -0.02, wide + belly * 0.5, -0.045);
    context.stroke();
    context.lineCap = "round";
  } else if (look.print === 3) {
    context.fillStyle = team.trousers[look.trousers];
    context.beginPath();
    context.moveTo(wide * 0.1, -0.2);
    context.lineTo(wide * 0.95, -0.2);
    context.quadraticCurveTo(wide * 1.1 + belly * 1.4, -0.08, wide + belly * 0.3, 0.03);
    context.quadraticCurveTo(0, 0.07, -wide * 0.97, 0.03);
    context.lineTo(-wide * 1.02, -0.07);
    context.closePath();
    context.fill();
    context.lineWidth = 0.03;
    context.strokeStyle = team.trousers[look.trousers];
    context.beginPath();
    context.moveTo(wide * 0.5, -0.19);
    context.lineTo(-wide * 0.15, -SPINE - 0.02);
    context.stroke();
  } else if (look.print === 2) {
    context.fillStyle = team.line;
    context.beginPath();
    context.moveTo(-wide * 1.02, -0.015);
    context.quadraticCurveTo(0, 0.03, wide + belly * 0.45, -0.015);
    context.lineTo(wide + belly * 0.3, 0.025);
    context.quadraticCurveTo(0, 0.075, -wide, 0.03);
    context.closePath();
    context.fill();
  }
}
