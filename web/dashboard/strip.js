// A strip as it is lit: drawn from the frame that was sent, and not from the count.

/** A gap between two lights, in parts of the room of one. */
const GAP = 0.18;
/** Lights narrower than this are drawn without gaps. */
const NARROW_PX = 4;

/**
 * Draws a strip over the whole canvas. `rgb` is six hexadecimal digits a light; where there are more
 * lights than pixels of the screen, some share one, as the eye far away would have it.
 * @param {HTMLCanvasElement} canvas @param {string} rgb
 */
export function drawStrip(canvas, rgb) {
  const lights = rgb.length / 6;
  const width = Math.max(1, Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2)));
  const height = Math.max(1, Math.round(canvas.clientHeight * Math.min(devicePixelRatio, 2)));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  const each = width / lights;
  const gap = each < NARROW_PX ? 0 : each * GAP;
  for (let light = 0; light < lights; light += 1) {
    const colour = rgb.slice(light * 6, light * 6 + 6);
    if (colour === "000000") continue;
    context.fillStyle = `#${colour}`;
    const from = light * each + gap / 2;
    context.fillRect(from, 0, Math.max(1, each - gap), height);
  }
}
