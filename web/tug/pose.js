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

/** Hands hang no lower than this below the shoulders, when the rope lies on the ground. */
const LOWEST = 0.43;

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

/**
 * The pose of the moment before its limbs are bent: hips, the angles of spine and head, ankle and toe of
 * the front and of the back foot, then both hands as seen from the shoulders.
 */
const key = new Float64Array(14);

/** Sitting on the ground, hands on the knees. */
const SITTING = [-0.02, -0.1, 0.06, -0.02, 0.33, -0.06, -0.45, 0.26, -0.06, -0.4, 0.2, 0.13, 0.23, 0.11];
/** The ways to lie in a heap: three on the back, two on the face, one sitting. Each fits the box of a sprite. */
const LYING = [
  [0.08, -0.11, 1.5, -1.3, 0.3, -0.47, -2.7, 0.06, -0.54, -3.1, -0.28, 0.06, 0.02, -0.3],
  [-0.22, -0.27, -1.95, 1.7, -0.5, -0.07, 1.2, -0.42, -0.06, 1, 0.26, 0.08, 0.2, 0.1],
  [0.1, -0.1, 1.45, -1.15, 0.44, -0.06, -0.4, 0.3, -0.06, -0.2, 0.14, 0.05, -0.22, 0.08],
  [0, -0.1, 0.5, -0.35, 0.4, -0.06, -0.9, 0.33, -0.06, -0.7, -0.16, 0.25, -0.1, 0.26],
  [-0.2, -0.11, -1.6, 1.25, -0.45, -0.38, -2, -0.53, -0.3, -1.6, 0.24, 0.06, 0.12, -0.26],
  [0.12, -0.12, 1.6, -1.6, -0.1, -0.5, -3.4, 0.42, -0.36, -2.4, -0.12, 0.1, 0.2, -0.18],
];
export const WAYS_TO_LIE = LYING.length;

/** @param {Stance} stance */
export function pose(stance) {
  const { lean, heave, slip, grip, stride, spit, rub, swing, sit, fall } = stance;
  const back = Math.min(1.25, lean + heave * 0.34);
  const middle = (stance.frontX + stance.backX) / 2;

  // Hips stay behind the feet and sink as the body lies back.
  key[0] = middle - 0.08 - 0.17 * back + slip * 0.05;
  key[1] = -0.43 + 0.085 * back + heave * 0.02 + slip * 0.025 - Math.abs(stride) * 0.015;
  key[2] = 0.04 + 0.62 * back - slip * 0.3 - (1 - grip) * 0.28;
  key[3] = -key[2] * 0.5 - heave * 0.16 + slip * 0.14 + spit * (1 - rub) * 0.2;
  key[4] = stance.frontX;
  key[5] = stance.frontY - ANKLE;
  key[6] = stance.frontY < -0.005 ? 0.1 : -(0.12 + 0.4 * back + slip * 0.3) * grip;
  key[7] = stance.backX;
  key[8] = stance.backY - ANKLE;
  key[9] = stance.backY < -0.005 ? 0.25 : -0.1 * back * grip;

  // Hands lie on the rope as far forward as the arms allow; a runner's swing freely.
  const drop = Math.min(LOWEST, stance.rope - (key[1] - SPINE * Math.cos(key[2])));
  const arm = (UPPER_ARM + FOREARM) * (0.97 - heave * 0.1);
  const reach = Math.sqrt(Math.max(0.0036, arm * arm - (drop - 0.03) ** 2));
  const run = stride * 0.2;
  key[10] = reach * grip + (0.08 + run) * (1 - grip);
  key[12] = (reach + 0.09) * grip + (0.08 - run) * (1 - grip);
  key[11] = key[13] = 0.22 + (drop - 0.22) * grip;

  const rubbing = rub * swing * 0.03;
  hand(10, 0.12 + 0.05 * rub + rubbing, 0.17 * rub - 0.02, spit);
  hand(12, 0.16 + 0.05 * rub - rubbing, 0.17 * rub - 0.02, spit);
  // The far arm is behind the head, and so the one that may pass the face.
  hand(10, -0.2 + 0.07 * swing, -0.27 - 0.03 * swing, stance.cheer);
  hand(12, 0.2 + 0.09 * swing, -0.29 + 0.03 * swing, stance.wave);
  if (sit > 0) {
    become(SITTING, sit);
    key[2] += swing * 0.025 * sit;
  }
  if (fall > 0) {
    become(LYING[stance.fallen], fall);
    key[5] += swing * 0.07 * fall;
    key[8] -= swing * 0.07 * fall;
  }

  const hipX = key[0];
  const hipY = key[1];
  const shoulderX = hipX - SPINE * Math.sin(key[2]);
  const shoulderY = hipY - SPINE * Math.cos(key[2]);
  joints.hipX = hipX;
  joints.hipY = hipY;
  joints.spine = -key[2];
  joints.shoulderX = shoulderX;
  joints.shoulderY = shoulderY;
  joints.tilt = key[3];

  joints.frontAnkleX = key[4];
  joints.frontAnkleY = key[5];
  joints.frontToe = key[6];
  bend(hipX, hipY, key[4], key[5], THIGH, SHIN, 1);
  joints.frontKneeX = bendX;
  joints.frontKneeY = bendY;
  joints.backAnkleX = key[7];
  joints.backAnkleY = key[8];
  joints.backToe = key[9];
  bend(hipX, hipY, key[7], key[8], THIGH, SHIN, 1);
  joints.backKneeX = bendX;
  joints.backKneeY = bendY;

  joints.nearHandX = shoulderX + key[10];
  joints.nearHandY = shoulderY + key[11];
  joints.farHandX = shoulderX + key[12];
  joints.farHandY = shoulderY + key[13];
  bend(shoulderX, shoulderY + 0.03, joints.nearHandX, joints.nearHandY, UPPER_ARM, FOREARM, -1);
  joints.nearElbowX = bendX;
  joints.nearElbowY = bendY;
  bend(shoulderX + 0.02, shoulderY + 0.03, joints.farHandX, joints.farHandY, UPPER_ARM, FOREARM, -1);
  joints.farElbowX = bendX;
  joints.farElbowY = bendY;
}

/** Goes so much of the way to another pose. @param {readonly number[]} other @param {number} way 0 to 1 */
function become(other, way) {
  for (let index = 0; index < key.length; index += 1) key[index] += (other[index] - key[index]) * way;
}

/**
 * Moves one hand so much of the way to a place.
 * @param {number} at 10 or 12 @param {number} x @param {number} y from the shoulders @param {number} way
 */
function hand(at, x, y, way) {
  key[at] += (x - key[at]) * way;
  key[at + 1] += (y - key[at + 1]) * way;
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
