// The heap in which the losing side lies: who is where in it.
//
// Rows of bodies, each a body shorter than the one under it. Places follow from the number of people
// and their order in the line, so that every screen piles them up alike.

/** From one body to the next in a row, and from row to row, in heights of a person. */
const BESIDE = 0.34;
const ABOVE = 0.15;
/** Bodies lie a little off their place, so that it is a heap and no wall. */
const ASTRAY = 0.16;
/** From the edge of the picture to the nearest body at least. */
const INSIDE = 0.5;

let row = 0;
let along = 0;

/** Finds row and place: rows are as long as they must be. @param {number} index @param {number} people */
function find(index, people) {
  let length = Math.ceil((Math.sqrt(8 * people + 1) - 1) / 2);
  row = 0;
  along = index;
  while (along >= length && length > 1) {
    along -= length;
    length -= 1;
    row += 1;
  }
  along -= (length - 1) / 2;
}

/**
 * @param {number} index @param {number} people
 * @param {number} front where the first of the line stands @param {number} facing
 * @param {number} spacing of the line @param {number} height of a person
 * @param {number} edge of the picture behind the line
 */
export function heapX(index, people, front, facing, spacing, height, edge) {
  find(index, people);
  // The heap lies in the middle of where they stood, and its foot stays behind the front; but who had
  // been pushed out of the picture is dragged over the line, to lie where it can be seen.
  const half = ((Math.ceil((Math.sqrt(8 * people + 1) - 1) / 2) - 1) / 2) * BESIDE * height;
  const back = Math.max((spacing * (people - 1)) / 2, half);
  const middle = Math.max(facing * front - back, facing * edge + half + height * INSIDE);
  const astray = (((index * 7 + 3) % 5) / 4 - 0.5) * ASTRAY;
  return facing * (middle - (along * BESIDE + astray) * height);
}

/** How high somebody lies, in heights. @param {number} index @param {number} people */
export function heapY(index, people) {
  find(index, people);
  return row * ABOVE;
}
