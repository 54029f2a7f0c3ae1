// From a few numbers to a body: where hips, shoulders, knees, elbows and hands are.
//
// Lengths are in heights of the person, with the origin on the ground below the body, x towards the
// knot and y downwards. One set of joints is reused for everybody: nothing is allocated in a frame.

/** @import { Stance } from "./shapes.js" */

/** Thigh and shin, upper arm and forearm, spine. */
const THIGH = 0.235;
const SHIN = 0.215;
const UPPER_ARM = 0.185;
const FOREARM = 0.18;
export const SPINE = 0.29;
/** Height of the ankle over the sole. */
const ANKLE = 0.05;

export const joints = {
  hipX: 0, hipY: 0, spine: 0,
  shoulderX: 0, shoulderY: 0,
  tilt: 0,
  frontKneeX: 0, frontKneeY: 0, frontAnkleX: 0, frontAnkleY: 0, frontToe: 0,
  backKneeX: 0, backKneeY: 0, backAnkleX: 0, backAnkleY: 0, backToe: 0,
  nearElbowX: 0, nearElbowY: 0, nearHandX: 0, nearHandY: 0,
  farElbowX: 0, farElbowY: 0, farHandX: 0, farHandY: 0,
};

let bendX = 0;
let bendY = 0;

/** @param {Stance} stance */
export function pose(stance) {
  const { lean, heave, slip, grip, stride } = stance;
  const back = Math.min(1.25, lean + heave * 0.34);
  const middle = (stance.frontX + stance.backX) / 2;

  // Hips stay behind the feet and sink as the body lies back.
  const hipX = middle - 0.08 - 0.17 * back + slip * 0.05;
  const hipY = -0.43 + 0.085 * back + heave * 0.02 + slip * 0.025 - Math.abs(stride) * 0.015;
  const spine = 0.04 + 0.62 * back - slip * 0.3 - (1 - grip) * 0.28;
  const shoulderX = hipX - SPINE * Math.sin(spine);
  const shoulderY = hipY - SPINE * Math.cos(spine);
  joints.hipX = hipX;
  joints.hipY = hipY;
  joints.spine = -spine;
  joints.shoulderX = shoulderX;
  joints.shoulderY = shoulderY;
  joints.tilt = -spine * 0.5 - heave * 0.16 + slip * 0.14;

  joints.frontAnkleX = stance.frontX;
  joints.frontAnkleY = stance.frontY - ANKLE;
  joints.frontToe = stance.frontY < -0.005 ? 0.1 : -(0.12 + 0.4 * back + slip * 0.3) * grip;
  bend(hipX, hipY, joints.frontAnkleX, joints.frontAnkleY, THIGH, SHIN, 1);
  joints.frontKneeX = bendX;
  joints.frontKneeY = bendY;
  joints.backAnkleX = stance.backX;
  joints.backAnkleY = stance.backY - ANKLE;
  joints.backToe = stance.backY < -0.005 ? 0.25 : -0.1 * back * grip;
  bend(hipX, hipY, joints.backAnkleX, joints.backAnkleY, THIGH, SHIN, 1);
  joints.backKneeX = bendX;
  joints.backKneeY = bendY;

  // Hands lie on the rope as far forward as the arms allow; a runner's swing freely.
  const drop = stance.rope - shoulderY - 0.03;
  const arm = (UPPER_ARM + FOREARM) * (0.97 - heave * 0.1);
  const reach = Math.sqrt(Math.max(0.0036, arm * arm - drop * drop));
  const freeY = shoulderY + 0.22;
  const swing = stride * 0.2;
  const nearX = shoulderX + reach * grip + (0.08 + swing) * (1 - grip);
  const farX = shoulderX + (reach + 0.09) * grip + (0.08 - swing) * (1 - grip);
  const handY = freeY + (stance.rope - freeY) * grip;
  joints.nearHandX = nearX;
  joints.nearHandY = handY;
  joints.farHandX = farX;
  joints.farHandY = handY;
  bend(shoulderX, shoulderY + 0.03, nearX, handY, UPPER_ARM, FOREARM, -1);
  joints.nearElbowX = bendX;
  joints.nearElbowY = bendY;
  bend(shoulderX + 0.02, shoulderY + 0.03, farX, handY, UPPER_ARM, FOREARM, -1);
  joints.farElbowX = bendX;
  joints.farElbowY = bendY;
}

/**
 * Where the joint between two bones is; a limb that is too short stretches a little.
 * @param {number} ax @param {number} ay @param {number} bx @param {number} by
 * @param {number} first @param {number} second @param {number} way 1 or -1, to which side it bends
 */
function bend(ax, ay, bx, by, first, second, way) {
  const dx = bx - ax;
  const dy = by - ay;
  const distance = Math.max(0.001, Math.hypot(dx, dy));
  const along = (first * first - second * second + distance * distance) / (2 * distance);
  const aside = way * Math.sqrt(Math.max(0, first * first - along * along));
  const share = distance > first + second ? first / (first + second) : along / distance;
  bendX = ax + dx * share + (dy / distance) * aside;
  bendY = ay + dy * share - (dx / distance) * aside;
}
