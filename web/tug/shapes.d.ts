// What the parts of the picture hand to each other. For the type checker alone: no page loads this file.

export type Context = CanvasRenderingContext2D;

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

export type Theme = "dark" | "bright" | "mono";

/** The colours of a team; those that are texts are as in css. */
export interface TeamPalette {
  /** The team's colour. */
  field: Colour;
  /** Of text that can be read on it. */
  ink: Colour;
  /** Tints for clothes. */
  cloth: string[];
  hats: string[];
  trousers: string[];
  /** For the outline of figures. */
  line: string;
  straw: string;
  horn: string;
}

export interface Palette {
  seam: Colour;
  teams: TeamPalette[];
}

/** Where things are, in heights of the picture. */
export interface Layout {
  /** The height people stand at. */
  ground: number;
  /** The height of a person. */
  figure: number;
}

/** The measures of the picture. */
export interface Measures {
  width: number;
  height: number;
  /** The height people stand at. */
  ground: number;
  /** The height of a person in a full picture. */
  unit: number;
  /** The height of a person in this one. */
  person: number;
  /** Canvas pixels a page pixel. */
  scale: number;
}

/** What is played of a round, by a snapshot. */
export interface Act {
  /** `pull`, `ready`, `last`, `held`, `sealed`, `reveal`, `photo`, `celebrate` or `tie`. */
  name: string;
  /** The place of the winner; -1 while there is none, and on a tie. */
  team: number;
  /** The place of the second. */
  rival: number;
  /** Whether there is a film of the knot before the celebration. */
  photo: boolean;
  /** Whether there is a result, and how old it is when its celebration begins, in ms. */
  over: boolean;
  end: number;
  /** How long the phase has stood, in ms, and what is left until it opens or until the bell. */
  age: number;
  left: number;
  inRound: boolean;
  paused: boolean;
  hidden: boolean;
}

/** What somebody looks like. What is not told here chooses among shapes and colours. */
export interface Look {
  /** The height against the average. */
  size: number;
  /** The width of the body. */
  girth: number;
  belly: number;
  head: number;
  nose: number;
  skin: number;
  hairColour: number;
  hair: number;
  hat: number;
  hatColour: number;
  shirt: number;
  print: number;
  trousers: number;
  sleeves: boolean;
  beard: number;
  glasses: boolean;
  /** A phase between 0 and 1 that keeps people from moving in step. */
  rhythm: number;
}

/** What a pose follows from. */
export interface Stance {
  /** 0 upright to 1 lying back. */
  lean: number;
  /** 0 to 1, the tug of the moment. */
  heave: number;
  /** 0 to 1. */
  slip: number;
  /** 1 with the hands on the rope and 0 running. */
  grip: number;
  /** The height of the rope; negative, since y points down. */
  rope: number;
  /** Where the feet stand. */
  frontX: number;
  frontY: number;
  backX: number;
  backY: number;
  /** -1 to 1, the swing of a runner. */
  stride: number;
  /** 0 to 1 each: hands at the mouth and rubbed below it, the far and the near arm in the air, sitting, lying. */
  spit: number;
  rub: number;
  wave: number;
  cheer: number;
  sit: number;
  fall: number;
  /** Which of the ways of lying it is. */
  fallen: number;
  /** -1 to 1: by this hands rub and wave, legs kick, and those who sit breathe. */
  swing: number;
}

/** What a head is drawn by. */
export interface Head {
  look: Look;
  mood: number;
  heave: number;
  /** How far the hat has jumped. */
  hop: number;
  /** Without the hat, which is elsewhere. */
  bare: boolean;
}

/** What a person is drawn by. */
export type Person = Stance & Head & { facing: number };

export interface Skins {
  skin: string[];
  hair: string[];
}
