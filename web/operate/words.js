// Loads the words of this page, before anything of it says one.

import { operate } from "../messages/en.operate.js";
import { learn } from "../messages/say.js";

learn(operate);
