// Names, titles and hashtags that somebody else has written: they are text, and they fit.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LIMIT } from "../support/patience.js";
import { Show, posts } from "../support/show.js";

const PAGES = ["/", "/stage"];
const SIZES = [
  { width: 390, height: 844 },
  { width: 800, height: 600 },
  { width: 1920, height: 1080 },
];

/** Turns the writing direction around, and never turns it back. */
const OVERRIDE = "\u202e";
const MARKUP = '"><img src=x onerror="window.struck=1"></script><script>window.struck=1</script>';
/** The longest that the config takes, filled up with wide letters that cannot be broken. */
const full = (text) => text.padEnd(200, "W");

const HOSTILE = {
  title: full(MARKUP),
  source: full(`${OVERRIDE}<iframe srcdoc="<script>parent.struck=1</script>">`),
  teams: [
    {
      // It first closes whatever the page may have opened around it.
      name: `\u2069${OVERRIDE}gnp.<img src=x onerror=window.struck=1>`,
      hashtags: ["<svg/onload=window.struck=1>", "w".repeat(100), "קשקוש"],
      color: "#ffb000",
    },
    { name: full(""), hashtags: ["m".repeat(100)], color: "#0050b0" },
  ],
};
const THIRD = { name: MARKUP.padEnd(200, "\ufdfd"), hashtags: ["\u0ba3\u0bcc".repeat(40)], color: "#ff6090" };

const CONTESTS = [
  { what: "the contest of the keynote", settings: {} },
  { what: "hostile names of two teams", settings: hostile(HOSTILE.teams) },
  { what: "hostile names of three teams", settings: hostile([...HOSTILE.teams, THIRD]) },
  { what: "a right-to-left title and long hashtags", settings: rightToLeft() },
];

for (const path of PAGES) {
  for (const { what, settings } of CONTESTS) {
    test(`${path} has ${what} within the window of every size, and says REPLAY`, LIMIT, async (t) => {
      const show = await Show.start(t, settings);
      await show.lastSnapshot();
      const visit = await show.visit(path);
      for (const size of SIZES) {
        await visit.page.setViewportSize(size);
        await visit.eventually(async () => checkFit(visit, `${size.width}x${size.height}`));
      }
    });
  }

  test(`${path} shows markup as text and runs none of it`, LIMIT, async (t) => {
    const show = await Show.start(t, hostile([...HOSTILE.teams, THIRD]));
    const last = await show.lastSnapshot();
    const visit = await show.visit(path);
    const names = visit.page.locator("#table tbody th");
    await visit.eventually(async () => {
      assert.equal(await visit.text("#title"), HOSTILE.title);
      assert.deepEqual(
        await names.evaluateAll((cells) => cells.map(({ textContent }) => textContent)),
        last.teams.map(({ name }) => name),
      );
    });
    const page = await visit.page.evaluate(() => ({
      struck: "struck" in window,
      // The page's own: its scripts, and the picture on the card for phones.
      scripts: [...document.scripts].filter(({ src }) => !new URL(src, location.href).pathname.startsWith("/assets/")).length,
      strangers: document.querySelectorAll("img[src]:not([src^=\"/api/v1/join.svg?\"]), svg, iframe, object, embed, style, [onerror], [onload]").length,
    }));
    assert.deepEqual(page, { struck: false, scripts: 0, strangers: 0 });
  });

  test(`a name that turns the writing direction turns nothing but itself on ${path}`, LIMIT, async (t) => {
    const show = await Show.start(t, hostile(HOSTILE.teams));
    await show.lastSnapshot();
    const visit = await show.visit(path);
    // The words that follow the name of the leader, and on the stage those that follow the source.
    const sentences = path === "/" ? [["#standing", "leads"]] : [["#print", "leads"], ["#print", "one vote"]];
    for (const [selector, words] of sentences) {
      await visit.eventually(async () => assert.match(await visit.text(selector), new RegExp(words)));
      assert.equal(await runsRight(visit, selector, words), true, `${words} in ${selector}`);
    }
  });
}

function hostile(teams) {
  // The first leads, so that its name is in the sentence on who leads.
  const counts = teams.map(({ hashtags }, index) => [hashtags[0], 9 - index]);
  return { ...HOSTILE, teams, posts: posts(Object.fromEntries(counts)) };
}

function rightToLeft() {
  const teams = [
    { name: "مسافات", hashtags: ["فريق_المسافات_البيضاء_الطويلة_جدا"], color: "#00805f" },
    { name: "Donaudampfschifffahrtsgesellschaft", hashtags: ["donaudampfschifffahrtsgesellschaft"], color: "#80d0ff" },
  ];
  const counts = { [teams[0].hashtags[0]]: 2, [teams[1].hashtags[0]]: 3 };
  return { title: "علامات الجدولة أم المسافات؟ 100 % ".repeat(3), teams, posts: posts(counts) };
}

async function checkFit(visit, size) {
  const page = await visit.page.evaluate(() => {
    const box = (element) => element.getBoundingClientRect().toJSON();
    const { scrollWidth } = document.documentElement;
    const plates = [...document.querySelectorAll(".plate:not(.tiny)")].map((plate) => ({
      kind: plate.className,
      box: box(plate),
    }));
    return { scrollWidth, bodyWidth: document.body.scrollWidth, innerWidth, plates, banner: box(document.querySelector("header")) };
  });
  assert.ok(page.scrollWidth <= page.innerWidth, `${page.scrollWidth} pixels in a window of ${size}`);
  assert.ok(page.bodyWidth <= page.innerWidth, `a body of ${page.bodyWidth} pixels in a window of ${size}`);
  for (const { kind, box } of page.plates) {
    assert.ok(box.width > 0 && box.left >= -0.5 && box.right <= page.innerWidth + 0.5, `${kind} sticks out at ${size}`);
    const apart = box.top >= page.banner.bottom - 0.5 || box.right <= page.banner.left || box.left >= page.banner.right;
    assert.ok(apart, `the title covers ${kind} at ${size}`);
  }
  assert.equal(await visit.inSight("#replay"), true, `REPLAY at ${size}`);
}

/** Whether the letters of `words` stand in an element from left to right. */
async function runsRight(visit, selector, words) {
  return visit.page.locator(selector).evaluate((element, words) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const start = node.data.indexOf(words);
      if (start < 0) continue;
      const left = (offset) => {
        const range = document.createRange();
        range.setStart(node, offset);
        range.setEnd(node, offset + 1);
        return range.getBoundingClientRect().left;
      };
      return left(start) < left(start + words.length - 1);
    }
    return false;
  }, words);
}
