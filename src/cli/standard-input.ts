/** All of standard input as text, where a command line says `-`. */
import { CommandFailure, ExitCode } from './failure.ts';

/** Throws CommandFailure for what is not UTF-8. */
export async function readText(
  input: AsyncIterable<Uint8Array | string> = process.stdin,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input)
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new CommandFailure(ExitCode.Usage, 'standard input is not UTF-8 text', cause);
  }
}
