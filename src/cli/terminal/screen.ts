/** The terminal while a picture fills it: another screen, no cursor, raw keys; and all as it was afterwards. Used by watch.ts. */
import type { TerminalPort } from './detect.ts';
import { KITTY_FORGET } from './kitty.ts';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H';
const LEAVE = `\u001b[0m\u001b[?25h\u001b[?1049l`;

/** The part of process.stdin and process.stdout that is used; tests bring their own. */
export interface TerminalStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly setRawMode?: (raw: boolean) => unknown };
  readonly stdout: NodeJS.WritableStream & {
    readonly columns?: number;
    readonly rows?: number;
    readonly writableNeedDrain?: boolean;
  };
}

export interface TerminalScreen extends TerminalPort {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** More is written than the terminal has taken. */
  readonly congested: () => boolean;
  readonly onResize: (listener: () => void) => () => void;
  /** `forgetPictures`: kitty keeps them beyond the screen. Idempotent. */
  readonly leave: (forgetPictures: boolean) => void;
}

export function enterScreen({ stdin, stdout }: TerminalStreams): TerminalScreen {
  stdin.setRawMode?.(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  stdout.write(ENTER);
  let isIn = true;
  return {
    write: (text) => stdout.write(text),
    onData: (listener) => {
      stdin.on('data', listener);
      return () => stdin.off('data', listener);
    },
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    congested: () => stdout.writableNeedDrain === true,
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
    leave: (forgetPictures) => {
      if (!isIn) return;
      isIn = false;
      stdout.write((forgetPictures ? KITTY_FORGET : '') + LEAVE);
      stdin.setRawMode?.(false);
      stdin.pause();
    },
  };
}
