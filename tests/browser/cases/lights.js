// The strips on the dashboard: drawn from what was sent, and not from what was counted.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";

import { LIMIT } from "../support/patience.js";
import { Show, posts } from "../support/show.js";

const PIXELS = 20;

/** A byte of light as a byte of sRGB (IEC 61966-2-1). @param {number} byte */
function encode(byte) {
  const light = byte / 255;
  return Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));
}

test("the dashboard draws the strip that an output sends, light by light", LIMIT, async (t) => {
  const receiver = createSocket("udp4");
  t.after(() => receiver.close());
  let frame = Buffer.alloc(0);
  receiver.on("message", (packet) => {
    frame = packet.subarray(10);
  });
  receiver.bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address();
  const outputs = [{ name: "wall", kind: "ddp", host: "127.0.0.1", port, pixels: PIXELS }];
  const show = await Show.start(t, { posts: posts({ tabs: 3, spaces: 1 }), outputs });
  await show.lastSnapshot();
  const visit = await show.visit("/");
  const strip = visit.page.locator(".strip canvas");
  // The bytes on the wire are light, and screens want sRGB.
  await visit.eventually(async () => {
    const lights = await strip.evaluate((canvas, count) => {
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, Math.floor(height / 2), width, 1);
      const middle = (index) => Math.floor(((index + 0.5) * width) / count);
      return Array.from({ length: count }, (_, index) => {
        const at = middle(index) * 4;
        return [data[at], data[at + 1], data[at + 2]];
      });
    }, PIXELS);
    const sent = Array.from({ length: PIXELS }, (_, index) => [...frame.subarray(index * 3, index * 3 + 3)]);
    assert.deepEqual(lights, sent.map((channels) => channels.map(encode)));
    assert.ok(sent.some(([red, green]) => red > green), "amber is there");
    assert.ok(sent.some(([red, , blue]) => blue > red), "blue is there");
  });
  const words = await visit.text(".strip p");
  assert.match(words, /wall.*ddp, 20 lights, live · \d\.\d A of 2\.0 A · \d+ frames/);
});
