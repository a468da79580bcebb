/** Speaks to a monitor: ours, from the command line, or the one of a guest that we started. */
import { ClosedError, ProtocolError, TimeoutError } from '../core/errors.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { utf8 } from '../wire/text.ts';
import { createJsonReader } from './json-reader.ts';
import { isJsonObject, type JsonObject } from './members.ts';
import { QmpError } from './qmp-error.ts';
import type { QmpEvent, QmpVersion } from './qmp-session.ts';

export interface QmpClient {
  readonly version: QmpVersion;
  /** Rejects with QmpError when the monitor says no, with ClosedError when it is gone. */
  readonly execute: (name: string, args?: JsonObject) => Promise<unknown>;
  /** Returns the function that ends it. */
  readonly onEvent: (listener: (event: QmpEvent) => void) => () => void;
  readonly close: () => void;
  /** Resolves when the connection is gone. Never rejects. */
  readonly closed: Promise<void>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** QEMU's query-qmp-schema answers with some 200 KB; nothing should come near this. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;
const GREETING_MS = 10_000;

/** Waits for the greeting and negotiates. Takes the stream over, and destroys it when it rejects. */
export async function openQmpClient(stream: ByteStream): Promise<QmpClient> {
  const reader = createJsonReader(MAX_ANSWER_CHARS);
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(event: QmpEvent) => void>();
  let nextId = 1;
  let gone: Error | undefined;
  let greet: (greeting: JsonObject) => void = () => undefined;
  let giveUp: (error: Error) => void = () => undefined;
  const greeting = new Promise<JsonObject>((resolve, reject) => {
    greet = resolve;
    giveUp = reject;
  });
  greeting.catch(() => undefined);

  const take = (message: JsonObject): void => {
    if (isJsonObject(message['QMP'])) greet(message['QMP']);
    else if (typeof message['event'] === 'string') {
      for (const listener of Array.from(listeners)) listener(message as unknown as QmpEvent);
    } else {
      const id = Number(message['id']);
      const answer = waiting.get(id);
      waiting.delete(id);
      const { error } = message;
      if (isJsonObject(error))
        answer?.reject(new QmpError(String(error['desc']), String(error['class'])));
      else answer?.resolve(message['return']);
    }
  };

  const receive = async (): Promise<never> => {
    const decoder = new TextDecoder();
    for (;;) {
      const bytes = await stream.read();
      if (bytes === null) throw new ClosedError('the monitor closed the connection');
      for (const item of reader.feed(decoder.decode(bytes, { stream: true }))) {
        if ('fault' in item) throw new ProtocolError(`the monitor sent no JSON: ${item.fault}`);
        if (isJsonObject(item.value)) take(item.value);
      }
    }
  };
  const closed = receive().catch((error: unknown) => {
    gone = error instanceof Error ? error : new Error(String(error));
    giveUp(gone);
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    stream.destroy();
  });

  const execute = (name: string, args?: JsonObject): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) {
        reject(gone);
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      const request = { execute: name, ...(args === undefined ? {} : { arguments: args }), id };
      stream.write(utf8(`${JSON.stringify(request)}\n`));
    });

  const timer = setTimeout(() => {
    stream.destroy();
    giveUp(new TimeoutError("the monitor's greeting", GREETING_MS, { phase: 'connect' }));
  }, GREETING_MS);
  try {
    const { version } = await greeting;
    await execute('qmp_capabilities');
    return {
      version: version as unknown as QmpVersion,
      execute,
      onEvent: (listener) => {
        const own = (event: QmpEvent): void => listener(event);
        listeners.add(own);
        return () => void listeners.delete(own);
      },
      close: () => stream.end(),
      closed,
    };
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
