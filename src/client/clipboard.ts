/**
 * The clipboard between the program and the server: Latin-1 until the server says that it knows the extended clipboard,
 * then UTF-8. Text that the server does not take unasked is announced, kept, and given when the server asks.
 */
import {
  clipboardTextBytes,
  provideText,
  providedText,
  type ProvidedClipboard,
} from '../codec/clipboard-text.ts';
import type { Limits } from '../core/limits.ts';
import { ClipboardAction, ClipboardFormat } from '../rfb/constants.ts';
import { writeCutText } from '../rfb/messages/cut-text.ts';
import { writeExtendedCutText, type ClipboardWord } from '../rfb/messages/extended-clipboard.ts';
import type { Outbox } from './outbox.ts';

interface ServerCaps {
  readonly actions: number;
  /** Bytes of text that it takes unasked. */
  readonly textBytes: number;
}

const allActions =
  ClipboardAction.Request | ClipboardAction.Peek | ClipboardAction.Notify | ClipboardAction.Provide;

export class Clipboard {
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #received: (text: string) => void;
  /** Undefined: the server has not said that it knows more than Latin-1. */
  #caps: ServerCaps | undefined;
  /** What the server may ask for, compressed when it first did. */
  #held: { readonly text: string; provided?: ProvidedClipboard } | undefined;

  constructor(outbox: Outbox, limits: Limits, received: (text: string) => void) {
    this.#outbox = outbox;
    this.#limits = limits;
    this.#received = received;
  }

  /** Text arrives as it is, not with `?` for what Latin-1 lacks. */
  get isUnicode(): boolean {
    return this.#caps !== undefined;
  }

  /** Text of the program. Throws RangeError above the limit. */
  send(text: string): void {
    const max = this.#limits.maxClipboardBytes;
    const lines = text.replace(/\r\n?/g, '\n');
    const bytes = this.#caps === undefined ? lines.length : clipboardTextBytes(lines);
    if (bytes > max) throw new RangeError(`clipboard text of ${bytes} bytes is above ${max}`);
    if (this.#caps === undefined) {
      this.#outbox.send((w) => writeCutText(w, { type: 'ClientCutText', text: lines }));
      return;
    }
    this.#held = { text: lines };
    const { actions, textBytes } = this.#caps;
    if ((actions & ClipboardAction.Provide) !== 0 && bytes <= textBytes) this.#provide();
    else if ((actions & ClipboardAction.Notify) !== 0) this.#notify();
  }

  /** A message of the extended clipboard. Throws ProtocolError on data that cannot be read. */
  receive(word: ClipboardWord): void {
    const hasText = (word.formats & ClipboardFormat.Text) !== 0;
    switch (word.action) {
      case 'caps':
        // Text is the lowest bit, so its size stands first.
        this.#caps = { actions: word.actions, textBytes: hasText ? (word.sizes[0] ?? 0) : 0 };
        this.#say({
          action: 'caps',
          formats: ClipboardFormat.Text,
          actions: allActions,
          sizes: [this.#limits.maxClipboardBytes],
        });
        break;
      case 'notify':
        if (hasText) this.#say({ action: 'request', formats: ClipboardFormat.Text });
        break;
      case 'request':
        if (hasText && this.#held !== undefined) this.#provide();
        break;
      case 'peek':
        this.#notify();
        break;
      case 'provide': {
        const text = providedText(word, this.#limits);
        if (text !== undefined) this.#received(text);
        break;
      }
    }
  }

  #provide(): void {
    const held = this.#held;
    if (held !== undefined) this.#say((held.provided ??= provideText(held.text)));
  }

  #notify(): void {
    const formats = this.#held === undefined ? 0 : ClipboardFormat.Text;
    this.#say({ action: 'notify', formats });
  }

  #say(word: ClipboardWord): void {
    this.#outbox.send((w) => writeExtendedCutText(w, { type: 'ExtendedClientCutText', word }));
  }
}
