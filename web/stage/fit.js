// Letters as large as their box lets them be.
//
// Style sheets say how large they are at most (`--fit` is a factor of that) and how large the box is. A name
// is broken in the middle of a word only where it would be tiny otherwise.

/** Each try is smaller by this. */
const STEP = 0.93;
/** A single word that is smaller than this is broken. */
const BROKEN = 0.42;
/** Smaller than this nobody reads. */
const LEAST = 0.12;

/** @param {HTMLElement} element */
export function fit(element) {
  if (element.offsetParent === null) return;
  element.classList.remove("broken");
  if (shrink(element) < BROKEN) {
    element.classList.add("broken");
    shrink(element);
  }
}

/** @param {HTMLElement} element */
function shrink(element) {
  for (let size = 1; ; size *= STEP) {
    element.style.setProperty("--fit", size.toFixed(3));
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
    // Heavy letters reach a pixel below their line.
    if (size < LEAST || (scrollWidth <= clientWidth && scrollHeight <= clientHeight + 2)) return size;
  }
}
