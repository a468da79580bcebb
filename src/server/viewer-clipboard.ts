/**
 * One viewer's clipboard, both ways: Latin-1 for viewers that know no better, and the extended clipboard's UTF-8, where
 * either side says what it has (notify) and the other asks (request), or brings it unasked where it is small enough.
 * What is to be sent is a state: only the last text counts, and a flood of requests is answered once.
 * @rfb pseudo-encoding -1063131698 ExtendedClipboard | caps after every SetEncodings that names it; text is announced, or pushed when small
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
import type { Rights } from '../security/identity.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import type { Aside } from './aside.ts';
import type { Display } from './display.ts';

export interface ViewerClipboardOptions {
  readonly display: Display;
  readonly limits: Limits;
  readonly rights: Rights;
  readonly passed: (direction: 'in' | 'out', text: string) => void;
}

/** What the viewer takes. */
interface ViewerCaps {
  readonly actions: number;
  /** Bytes of text that it takes unasked. */
  readonly textBytes: number;
}

const allActions =
  ClipboardAction.Request | ClipboardAction.Peek | ClipboardAction.Notify | ClipboardAction.Provide;

/** The specification's, until the viewer says its own. */
const defaultCaps: ViewerCaps = {
  actions: ClipboardAction.Request | ClipboardAction.Notify | ClipboardAction.Provide,
  textBytes: 20 * 1024 * 1024,
};

export class ViewerClipboard implements Aside {
  readonly #options: ViewerClipboardOptions;
  #rights: Rights;
  #extended = false;
  #caps: ViewerCaps = defaultCaps;
  /** The display's text as the viewer may have it; undefined: none, or it may not. */
  #text: string | undefined;
  /** `#text`, compressed: made once, however often it is asked for. */
  #provided: ProvidedClipboard | undefined;
  /** What is to be written, in this order. */
  readonly #due = { caps: false, request: false, plain: false, notify: false, provide: false };

  constructor(options: ViewerClipboardOptions) {
    this.#options = options;
    this.#rights = options.rights;
  }

  /** After each SetEncodings. */
  negotiated(extended: boolean): void {
    this.#extended = extended;
    this.#due.caps = extended;
    if (extended) return;
    this.#caps = defaultCaps;
    Object.assign(this.#due, { request: false, notify: false, provide: false });
  }

  setRights(rights: Rights): void {
    this.#rights = rights;
    if (!rights.clipboardOut) this.#forget();
    if (!rights.clipboardIn) this.#due.request = false;
  }

  /** The display has new text. One above the limit is not sent: half a clipboard would be worse than none. */
  offer(text: string): void {
    if (!this.#rights.clipboardOut || text.length > this.#options.limits.maxClipboardBytes) return;
    this.#forget();
    this.#text = text;
    if (!this.#extended) {
      this.#due.plain = true;
      return;
    }
    const { actions, textBytes } = this.#caps;
    const takesNotify = (actions & ClipboardAction.Notify) !== 0;
    const takesProvide = (actions & ClipboardAction.Provide) !== 0;
    if (takesProvide && clipboardTextBytes(text) <= textBytes) this.#due.provide = true;
    else if (takesNotify) this.#due.notify = true;
  }

  /** Latin-1 text of the viewer. */
  receive(text: string): void {
    if (!this.#rights.clipboardIn) return;
    this.#options.display.clipboard(text);
    this.#options.passed('in', text);
  }

  /** A message of the extended clipboard. Throws ProtocolError on data that cannot be read. */
  receiveWord(word: ClipboardWord): void {
    const hasText = (word.formats & ClipboardFormat.Text) !== 0;
    switch (word.action) {
      case 'caps':
        // Text is the lowest bit, so its size stands first.
        this.#caps = { actions: word.actions, textBytes: hasText ? (word.sizes[0] ?? 0) : 0 };
        break;
      case 'notify':
        this.#due.request = hasText && this.#rights.clipboardIn;
        break;
      case 'request':
        if (hasText && this.#text !== undefined) this.#due.provide = true;
        break;
      case 'peek':
        this.#due.notify = true;
        break;
      case 'provide': {
        // Nothing is inflated for who may not.
        if (!this.#rights.clipboardIn) break;
        const text = providedText(word, this.#options.limits);
        if (text !== undefined) this.receive(text);
        break;
      }
    }
  }

  get isDue(): boolean {
    return Object.values(this.#due).includes(true);
  }

  write(w: ByteWriter): void {
    const { caps, request, plain, notify, provide } = this.#due;
    Object.assign(this.#due, noneDue);
    const say = (word: ClipboardWord): void =>
      writeExtendedCutText(w, { type: 'ExtendedServerCutText', word });
    const text = this.#text;
    if (caps)
      say({
        action: 'caps',
        formats: ClipboardFormat.Text,
        actions: allActions,
        sizes: [this.#options.limits.maxClipboardBytes],
      });
    if (request) say({ action: 'request', formats: ClipboardFormat.Text });
    if (plain && text !== undefined) writeCutText(w, { type: 'ServerCutText', text });
    if (notify) say({ action: 'notify', formats: text === undefined ? 0 : ClipboardFormat.Text });
    if (provide && text !== undefined) say((this.#provided ??= provideText(text)));
    if ((plain || provide) && text !== undefined) this.#options.passed('out', text);
  }

  #forget(): void {
    this.#text = undefined;
    this.#provided = undefined;
    Object.assign(this.#due, { plain: false, notify: false, provide: false });
  }
}

const noneDue = { caps: false, request: false, plain: false, notify: false, provide: false };
