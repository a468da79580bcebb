/** What pictures a terminal can show: it is asked, and what it does not answer in time is taken from the environment. */
import type { Mode } from './draw.ts';
import type { CellSize } from './fit.ts';

/** A terminal's two ends, raw: what is typed is not shown, and comes at once. */
export interface TerminalPort {
  readonly write: (text: string) => unknown;
  /** Returns how to stop listening. */
  readonly onData: (listener: (text: string) => void) => () => void;
}

export interface Detected {
  readonly mode: Mode;
  readonly cell: CellSize;
}

/** Far terminals answer in a tenth of a second. */
const ANSWER_MS = 400;
/** Of most fonts, where the terminal does not say. */
const USUAL_CELL: CellSize = { width: 10, height: 20 };

/** Kitty: may I draw a pixel? XTWINOPS 16: how large is a cell? DA1, which every terminal answers, last. */
const QUESTIONS = '\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\\u001b[16t\u001b[c';

export async function detect(
  terminal: TerminalPort,
  environment: Readonly<Record<string, string | undefined>>,
  answerMs: number = ANSWER_MS,
): Promise<Detected> {
  return judge(await answers(terminal, answerMs), environment);
}

/** All that came until DA1's answer or the deadline. */
function answers({ write, onData }: TerminalPort, answerMs: number): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const end = (): void => {
      clearTimeout(timer);
      stop();
      resolve(heard);
    };
    const timer = setTimeout(end, answerMs);
    const stop = onData((text) => {
      heard += text;
      if (deviceAttributes(heard) !== undefined) end();
    });
    write(QUESTIONS);
  });
}

/** Exported for tests. */
export function judge(
  heard: string,
  environment: Readonly<Record<string, string | undefined>>,
): Detected {
  const cell = cellSize(heard) ?? USUAL_CELL;
  if (heard.includes('\u001b_Gi=31;OK')) return { mode: 'kitty', cell };
  const attributes = deviceAttributes(heard);
  // 4 among the attributes is sixel graphics.
  if (attributes !== undefined)
    return { mode: attributes.includes('4') ? 'sixel' : 'blocks', cell };
  return { mode: knownTerminal(environment), cell };
}

function deviceAttributes(heard: string): string[] | undefined {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return /\u001b\[\?([\d;]*)c/.exec(heard)?.[1]?.split(';');
}

function cellSize(heard: string): CellSize | undefined {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  const [, height, width] = /\u001b\[6;(\d{1,4});(\d{1,4})t/.exec(heard) ?? [];
  const size = { width: Number(width), height: Number(height) };
  return size.width > 0 && size.height > 0 ? size : undefined;
}

const KITTY_PROGRAMS = new Set(['ghostty', 'WezTerm', 'kitty']);

function knownTerminal(environment: Readonly<Record<string, string | undefined>>): Mode {
  const { TERM = '', TERM_PROGRAM = '', KITTY_WINDOW_ID, TMUX, STY } = environment;
  // Between us and the terminal stands something that knows no pictures.
  if ((TMUX ?? STY) !== undefined) return 'blocks';
  const isKitty =
    KITTY_WINDOW_ID !== undefined || TERM.includes('kitty') || KITTY_PROGRAMS.has(TERM_PROGRAM);
  if (isKitty) return 'kitty';
  return /^(foot|mlterm|yaft)/.test(TERM) ? 'sixel' : 'blocks';
}
