/** Text for the clipboard of a display. Used by the library, `sallyport paste` and `sallyport do`. */
import type { VncClient } from '../client.ts';
import { awaitAnswer } from './pace.ts';

/**
 * Resolves once the server has taken it, or rejects with RangeError before anything is sent: for characters that the
 * clipboard of RFB 7.5.6, Latin-1, cannot carry to a server that knows no other, and for more than `maxClipboardBytes`.
 */
export async function pasteText(
  client: VncClient,
  text: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const foreign = client.unicodeClipboard
    ? undefined
    : Array.from(text).find((character) => (character.codePointAt(0) ?? 0) > 0xff);
  if (foreign !== undefined)
    throw new RangeError(
      `the clipboard of this server carries Latin-1 only, and no ${JSON.stringify(foreign)}`,
    );
  client.clipboard(text);
  await awaitAnswer(client, signal);
}
