/** SIGINT and SIGTERM, which ask `serve` to stop: politely first, and at once when somebody insists. */
import { ExitCode } from './failure.ts';

export interface StopSignal {
  /** The first signal's name. */
  readonly asked: Promise<string>;
  /** The second's, when there is something to cut short: see `drains`. */
  readonly askedAgain: Promise<string>;
  /** As a signal would. */
  readonly ask: (why: string) => void;
  readonly forget: () => void;
}

/** One signal more than can be obeyed ends the process: the second, or the third if `drains`. */
export function stopSignal(drains: boolean): StopSignal {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const asks: ((signal: string) => void)[] = [];
  const next = (): Promise<string> => new Promise((resolve) => void asks.push(resolve));
  const asked = next();
  const askedAgain = drains ? next() : new Promise<never>(() => undefined);
  const onSignal = (signal: NodeJS.Signals): void => {
    const ask = asks.shift();
    if (ask === undefined) process.exit(ExitCode.Ok);
    ask(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked,
    askedAgain,
    ask: (why) => asks.shift()?.(why),
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
