// What is on the canvas, as numbers.

/** One instant of the picture: a hash of all pixels, and how many colours a sample of them has. */
export async function capture(visit, selector = "#canvas") {
  return visit.page.locator(selector).evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    const colours = new Set();
    let hash = 0x811c9dc5;
    for (let index = 0; index < pixels.length; index += 1) {
      hash = Math.imul(hash ^ pixels[index], 0x01000193);
      if (index % 61 === 0) colours.add(pixels[index]);
    }
    return { hash: hash >>> 0, colours: colours.size };
  });
}

/**
 * Where the fields meet, in parts of the width: for each of three rows near the top, where nobody
 * stands, the border between each team and the next. `strays` is the part of the pixels that lie on
 * the wrong side of a border; patterns and seams make some, a wrong picture makes many.
 * @param {{ color: string }[]} teams
 */
export async function borders(visit, teams) {
  const colours = teams.map(({ color }) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)));
  return visit.page.locator("#canvas").evaluate((canvas, colours) => {
    const { width, height } = canvas;
    const context = canvas.getContext("2d");
    const distance = (data, at, colour) =>
      colour.reduce((sum, channel, index) => sum + (channel - data[at + index]) ** 2, 0);
    return [0.03, 0.06, 0.09].map((part) => {
      const { data } = context.getImageData(0, Math.round(height * part), width, 1);
      const nearest = Array.from({ length: width }, (_, x) => {
        const distances = colours.map((colour) => distance(data, x * 4, colour));
        return distances.indexOf(Math.min(...distances));
      });
      let strays = 0;
      const found = colours.slice(1).map((_, left) => {
        // The border with the fewest pixels on the wrong side: begin with all of them to its right.
        let wrong = nearest.filter((team) => team <= left).length;
        let best = { wrong, x: 0 };
        nearest.forEach((team, x) => {
          wrong += team <= left ? -1 : 1;
          if (wrong < best.wrong) best = { wrong, x: x + 1 };
        });
        strays = Math.max(strays, best.wrong / width);
        return best.x / width;
      });
      return { borders: found, strays };
    });
  }, colours);
}

/** Runs in the page, before its own scripts: counts the frames in which the tug was drawn. */
export function countFrames() {
  let frames = 0;
  let drawn = false;
  const { fillRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillRect = function (...box) {
    if (this.canvas.id === "canvas" && !drawn) {
      drawn = true;
      frames += 1;
      // What is drawn by one callback is one frame.
      queueMicrotask(() => {
        drawn = false;
      });
    }
    fillRect.apply(this, box);
  };
  Object.defineProperty(window, "framesDrawn", { value: () => frames });
}
