/** What `--drain` does after SIGTERM: nobody new comes in, and who is there may finish, until a deadline. */
import type { Serving } from '../node/serve.ts';

/** Resolves with how it ended, for the log. Closes no session itself. */
export async function drain(
  serving: Pick<Serving, 'on' | 'server' | 'stopListening'>,
  afterMs: number,
  askedAgain: Promise<unknown>,
): Promise<string> {
  await serving.stopListening();
  const isEmpty = (): boolean => serving.server.viewers.length === 0;
  if (isEmpty()) return 'no viewers are left';
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: () => void = () => undefined;
  const empty = new Promise<string>((resolve) => {
    unsubscribe = serving.on('disconnected', () => {
      if (isEmpty()) resolve('all viewers have left');
    });
  });
  const late = new Promise<string>((resolve) => {
    const left = (): string => `${serving.server.viewers.length} still here`;
    timer = setTimeout(() => resolve(`time is up, ${left()}`), afterMs);
  });
  const cut = askedAgain.then(() => 'asked again: not waiting any longer');
  const told = await Promise.race([empty, late, cut]);
  clearTimeout(timer);
  unsubscribe();
  return told;
}
