// All tests in one process, and so in one browser. See README.md for how to run one of them.

import "./cases/calm.js";
import "./cases/lights.js";
import "./cases/tug.js";
import "./cases/history.js";
import "./cases/acts.js";
import "./cases/scenes.js";
import "./cases/news.js";
import "./cases/sources.js";
import "./cases/text.js";
import "./cases/timer.js";
import "./cases/report.js";
import "./cases/operate.js";
import "./cases/clicker.js";
import "./cases/possible.js";
import "./cases/folders.js";
import "./cases/words.js";
import "./cases/wire.js";
import "./cases/house.js";
