/**
 * One client of the monitor, without its transport: text in, lines out. Greeting, capabilities negotiation, then commands
 * one after the other, and the events between them. QEMU's qmp-spec; the words of its errors are QEMU 7.2's.
 */
import { messageOf } from '../core/errors.ts';
import { createJsonReader, type JsonItem } from './json-reader.ts';
import { isJsonObject, Members, type JsonObject } from './members.ts';
import { QmpError } from './qmp-error.ts';
import { qmpText } from './qmp-text.ts';

export interface QmpVersion {
  readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number };
  readonly package: string;
}

export interface QmpEvent {
  readonly event: string;
  readonly data?: JsonObject;
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
}

export interface QmpService {
  readonly version: QmpVersion;
  /** Rejects with QmpError or another Error; its message goes to the client. */
  readonly execute: (name: string, args: JsonObject) => Promise<unknown>;
}

export interface QmpSession {
  /** Resolves when everything in it was answered: read on only then, and a client cannot pile up work. */
  readonly feed: (text: string) => Promise<void>;
  /** Nothing before negotiation, as in QEMU. */
  readonly event: (event: QmpEvent) => void;
}

type Answer = { readonly return: unknown } | { readonly error: QmpError };

/** Sends the greeting at once. `send` gets lines without their ends. */
export function openQmpSession(service: QmpService, send: (line: string) => void): QmpSession {
  const reader = createJsonReader();
  let negotiated = false;
  let last: Promise<void> = Promise.resolve();

  const write = (value: unknown): void => send(qmpText(value));

  const execute = async (input: JsonObject): Promise<unknown> => {
    const { name, args } = readRequest(input);
    if (name === 'qmp_capabilities') {
      if (negotiated)
        throw new QmpError(
          'Capabilities negotiation is already complete, command ignored',
          'CommandNotFound',
        );
      checkCapabilities(args);
      negotiated = true;
      return {};
    }
    if (!negotiated)
      throw new QmpError(
        "Expecting capabilities negotiation with 'qmp_capabilities'",
        'CommandNotFound',
      );
    return service.execute(name, args);
  };

  const answer = async (item: JsonItem): Promise<void> => {
    if ('fault' in item) {
      write({ error: plain(new QmpError(item.fault)) });
      return;
    }
    const input = item.value;
    if (!isJsonObject(input)) {
      write({ error: plain(new QmpError('QMP input must be a JSON object')) });
      return;
    }
    const result = await execute(input).then(
      (value): Answer => ({ return: value }),
      (error: unknown): Answer => ({ error: asQmpError(error) }),
    );
    const id = Object.hasOwn(input, 'id') ? { id: input['id'] } : {};
    if ('error' in result) write({ error: plain(result.error), ...id });
    else write({ return: result.return, ...id });
  };

  write({ QMP: { version: service.version, capabilities: [] } });
  return {
    feed: (text) => {
      const items = reader.feed(text);
      last = last.then(async () => {
        for (const item of items) await answer(item);
      });
      return last;
    },
    event: (event) => {
      if (negotiated) write(event);
    },
  };
}

function readRequest(input: JsonObject): { readonly name: string; readonly args: JsonObject } {
  let name: string | undefined;
  let args: JsonObject = {};
  for (const [member, value] of Object.entries(input)) {
    switch (member) {
      case 'execute':
        if (typeof value !== 'string')
          throw new QmpError("QMP input member 'execute' must be a string");
        name = value;
        break;
      case 'arguments':
        if (!isJsonObject(value))
          throw new QmpError("QMP input member 'arguments' must be an object");
        args = value;
        break;
      case 'id':
        break;
      default:
        throw new QmpError(`QMP input member '${member}' is unexpected`);
    }
  }
  if (name === undefined) throw new QmpError("QMP input lacks member 'execute'");
  return { name, args };
}

/** We have none to enable. */
function checkCapabilities(args: JsonObject): void {
  const members = new Members(args);
  const wanted = members.optional('enable', () => members.strings('enable')) ?? [];
  members.end();
  for (const name of wanted) {
    if (name === 'oob') throw new QmpError('Capability oob not available');
    // QEMU has lost the parameter's name here.
    throw new QmpError(`Parameter 'null' does not accept value '${name}'`);
  }
}

const plain = ({ errorClass, message }: QmpError): unknown => ({
  class: errorClass,
  desc: message,
});

function asQmpError(error: unknown): QmpError {
  if (error instanceof QmpError) return error;
  return new QmpError(messageOf(error));
}
