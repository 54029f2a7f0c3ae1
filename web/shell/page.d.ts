// What a page hands to its shell. For the type checker alone: no page loads this file.

import type { Snapshot } from "../live/shapes.js";
import type { Transport } from "../live/transport.js";

export interface Page {
  /** As in the key of its name. */
  name: "dashboard" | "stage" | "operate";
  /** Gets every snapshot, held or not. */
  show: (snapshot: Snapshot) => void;
  /** The ways to hear from the server, where they are not those of viewers. */
  transports?: readonly Transport[];
  /** Hears when the news becomes stale and when it is fresh again, several times over. */
  age?: (stale: boolean) => void;
  /** Comes with the first news of each connection. */
  connect?: () => void;
  /** A look inside, for the browser tests. */
  readings?: Record<string, () => unknown>;
  /** Keeps the machine from falling asleep. */
  awake?: boolean;
}
