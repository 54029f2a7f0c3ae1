// The program itself: started for one test, with a config and recordings in a folder of its own.
//
// Nothing here stands in for the server. A show can be ended, started again on the same port, and
// held, which is what a hanging machine looks like from outside.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { PATIENCE_MS } from "./patience.js";
import { Visit } from "./visit.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PROGRAM = process.env.HASHTUG_BIN ?? join(ROOT, "target/debug/hashtug");

export const KEYNOTE = join(ROOT, "fixtures/posts/keynote.jsonl");

export const TABS = { name: "Tabs", hashtags: ["tabs", "teamtabs"], color: "#ffb000" };
export const SPACES = { name: "Spaces", hashtags: ["spaces"], color: "#0050b0" };

/** The key of shows with rounds, which their operators have. */
const KEY = "0123456789abcdef-for-this-test";
const KEY_ENV = "HASHTUG_TEST_KEY";

/** All programs that run, so that none is left behind when a test is given up. */
const running = new Set();
process.on("exit", () => running.forEach((program) => program.kill("SIGKILL")));

export class Show {
  address = "";
  #folder = "";
  #program = null;
  #visits = [];

  /**
   * Starts a show that ends with the test. Without `posts` it plays the keynote; `speed` and `repeat`
   * are those of the recording. `sources` take the place of the recording, and `command` that of `run`;
   * `timer` are the marks of a timer, and `stage` is the section of that name. With `round`, the rules
   * of rounds, there are operators, and `questions` may take the place of the teams.
   */
  static async start(test, settings = {}) {
    const show = new Show();
    test.after(() => show.#close());
    show.#folder = await mkdtemp(join(tmpdir(), "hashtug-"));
    await show.begin(settings);
    return show;
  }

  /** Starts the program and waits until it says where its pages are. */
  async begin(settings) {
    await writeFile(join(this.#folder, "posts.jsonl"), (settings.posts ?? []).join("\n"));
    await writeFile(join(this.#folder, "config.toml"), config(settings));
    const { RUST_LOG: _, ...env } = process.env;
    const { command = ["run"] } = settings;
    const program = spawn(PROGRAM, [...command, "-c", join(this.#folder, "config.toml")], {
      cwd: this.#folder,
      env: { ...env, [KEY_ENV]: KEY },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#program = program;
    running.add(program);
    program.on("exit", () => running.delete(program));
    this.address = await address(program);
  }

  /** Ends the program and waits until it is gone. */
  async end() {
    const program = this.#program;
    if (!program || program.exitCode !== null || program.signalCode !== null) return;
    const gone = once(program, "exit");
    program.kill("SIGTERM");
    // A held program hears the signal when it goes on.
    program.kill("SIGCONT");
    const timer = setTimeout(() => program.kill("SIGKILL"), PATIENCE_MS);
    const [code] = await gone;
    clearTimeout(timer);
    if (code === null) throw new Error(`${PROGRAM} did not end when it was told to`);
  }

  hold() {
    this.#program.kill("SIGSTOP");
  }

  letGo() {
    this.#program.kill("SIGCONT");
  }

  get origin() {
    return `http://${this.address}`;
  }

  async snapshot() {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${this.origin}/api/v1/snapshot`, { signal });
    return response.json();
  }

  /** Gives an order as an operator; resolves to the answer. */
  async order(order) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const body = JSON.stringify(order);
    const response = await fetch(`${this.origin}/api/v1/operate`, { method: "POST", headers, body, signal });
    return response.json();
  }

  /** Waits until the round is in a phase. */
  async phase(wanted) {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const snapshot = await this.snapshot();
      if (snapshot.phase === wanted) return snapshot;
      if (performance.now() > end) throw new Error(`${wanted} did not come: ${JSON.stringify(snapshot.round)}`);
      await new Promise((passed) => setTimeout(passed, 20));
    }
  }

  /** A new ticket for the operator's page. */
  async ticket() {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await fetch(`${this.origin}/api/v1/operate/ticket`, { method: "POST", headers, signal });
    return (await response.json()).ticket;
  }

  /** Gives a command, which must do something. */
  async give(order) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const body = JSON.stringify(order);
    const response = await fetch(`${this.origin}/api/v1/operate`, { method: "POST", headers, body, signal });
    const answer = await response.json();
    if (!answer.changed) throw new Error(`${body}: ${JSON.stringify(answer)}`);
  }

  /** The snapshot after the last post; only for a show that does not repeat. */
  async lastSnapshot() {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const snapshot = await this.snapshot();
      if (snapshot.sources.every(({ state }) => state === "ended")) return snapshot;
      if (performance.now() > end) throw new Error(`no end of the recording: ${JSON.stringify(snapshot)}`);
    }
  }

  /** Opens a page of the show; what it must not do is checked when the test ends. */
  async visit(path, options) {
    const visit = await Visit.open(this, path, options);
    this.#visits.push(visit);
    return visit;
  }

  async #close() {
    try {
      // Pages first: without their server they would complain, and rightly.
      for (const visit of this.#visits) await visit.close();
    } finally {
      await this.end();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Lines of a recording in which each author posts once, 50 ms apart.
 * @param {Record<string, number>} counts how many posts have which hashtag
 */
export function posts(counts) {
  const tags = Object.entries(counts).flatMap(([tag, count]) => Array(count).fill(tag));
  const start = Date.parse("2026-11-21T19:00:00Z");
  return tags.map((tag, index) =>
    JSON.stringify({
      at: new Date(start + index * 50).toISOString(),
      id: `p${index}`,
      author: `a${index}`,
      hashtags: [tag],
    }),
  );
}

function config({ title = "Tabs or spaces?", teams = [TABS, SPACES], port = 0, timer = {}, stage = {}, ...more }) {
  const { posts, speed = "max", repeat = false, source = "rehearsal", outputs = [] } = more;
  const { round, questions } = more;
  // JSON and TOML agree on how a text, a number and a list of texts are written.
  const team = ({ name, hashtags, color }, kind = "team") =>
    `[[${kind}]]\n${pairs({ name, hashtags, color })}`;
  const question = ({ title, teams }) =>
    [`[[question]]\n${pairs({ title })}`, ...teams.map((side) => team(side, "question.team"))].join("\n");
  const path = posts ? "posts.jsonl" : KEYNOTE;
  const { sources = [{ name: source, kind: "replay", path, speed, repeat }] } = more;
  return [
    questions ? "" : `[contest]\n${pairs({ title })}`,
    ...(questions?.map(question) ?? teams.map((side) => team(side))),
    round ? `[round]\n${pairs(round)}` : "",
    ...sources.map((source) => `[[source]]\n${pairs(source)}`),
    ...outputs.map((output) => `[[output]]\n${pairs(output)}`),
    `[timer]\n${pairs(timer)}`,
    `[stage]\n${pairs(stage)}`,
    `[web]\n${pairs({ listen: `127.0.0.1:${port}`, ...(round && { operator_key_env: KEY_ENV }) })}`,
  ].join("\n");
}

function pairs(values) {
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join("");
}

async function address(program) {
  const said = [];
  const timer = setTimeout(() => program.kill("SIGKILL"), PATIENCE_MS);
  const failed = new Promise((_, reject) => program.on("error", reject));
  const read = async () => {
    for await (const line of createInterface({ input: program.stderr })) {
      said.push(line);
      const found = /pages on http:\/\/(.+)\//.exec(line);
      if (found) return found[1];
    }
    throw new Error(`${PROGRAM} did not serve its pages:\n${said.join("\n")}`);
  };
  try {
    return await Promise.race([read(), failed]);
  } finally {
    clearTimeout(timer);
    // Leaving the loop closes the stream's reader; what is logged later must not fill the pipe.
    program.stderr.resume();
  }
}
