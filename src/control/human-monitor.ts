/**
 * The monitor for people: a line of text becomes a command of QMP, its answer becomes text. Words are QEMU's where QEMU
 * has them. Pure; the command line does the asking and the printing.
 */
import { printable } from '../wire/text.ts';
import { infoTopics, renderInfo } from './human-info.ts';
import { isJsonObject, type JsonObject } from './members.ts';
import { qcodes } from './qcodes.ts';

export type Plan =
  | {
      readonly kind: 'execute';
      readonly command: string;
      readonly args: JsonObject;
      /** Of what `return` holds; empty when there is nothing to say. */
      readonly render: (value: unknown) => string;
    }
  /** To be asked without echo, and kept nowhere. */
  | { readonly kind: 'secret'; readonly prompt: string; readonly next: (secret: string) => Plan }
  /** To be asked of a person; a script means what it says. */
  | { readonly kind: 'confirm'; readonly question: string; readonly next: Plan }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'leave' };

interface HumanCommand {
  readonly usage: string;
  readonly about: string;
  /** Words that may stand next. */
  readonly words?: readonly string[];
  /** `rest` holds the words behind the command's name. Undefined: they are not as `usage` says. */
  readonly plan: (rest: readonly string[]) => Plan | undefined;
}

const execute = (
  command: string,
  args: JsonObject = {},
  render: (value: unknown) => string = () => '',
): Plan => ({ kind: 'execute', command, args, render });

const NAME_FLAG = /^-d$/;

const commands: Readonly<Record<string, HumanCommand>> = {
  help: {
    usage: 'help [COMMAND]',
    about: 'what there is, or how one is used',
    plan: ([name]) => ({ kind: 'say', text: help(name) }),
  },
  info: {
    usage: `info ${infoTopics.join('|')}`,
    about: 'tells about the listeners, who is there, what is offered',
    words: infoTopics,
    plan: ([topic = '', ...more]) => {
      const info = renderInfo[topic];
      if (info === undefined || more.length > 0) return undefined;
      return execute(info.command, {}, info.render);
    },
  },
  set_password: {
    usage: 'set_password vnc [PASSWORD] [-d DISPLAY]',
    about: 'sets the VNC password; asks for it when it is left out; an empty one locks the door',
    words: ['vnc'],
    plan: (rest) => {
      const { words, display } = withDisplay(rest);
      const [protocol, password, connected, ...more] = words;
      if (protocol === undefined || more.length > 0) return undefined;
      return withSecret('Password: ', password, (secret) =>
        execute('set_password', {
          protocol,
          password: secret,
          ...(connected === undefined ? {} : { connected }),
          ...display,
        }),
      );
    },
  },
  expire_password: {
    usage: 'expire_password vnc now|never|+SECONDS|SECONDS [-d DISPLAY]',
    about: 'when the VNC password stops to work; sessions stay',
    words: ['vnc'],
    plan: (rest) => {
      const { words, display } = withDisplay(rest);
      const [protocol, time, ...more] = words;
      if (protocol === undefined || time === undefined || more.length > 0) return undefined;
      return execute('expire_password', { protocol, time, ...display });
    },
  },
  change: {
    usage: 'change vnc password [PASSWORD]',
    about: 'sets the VNC password; asks for it when it is left out',
    words: ['vnc'],
    plan: ([device, what, password, ...more]) => {
      if (device !== 'vnc' || (what !== 'password' && what !== 'passwd') || more.length > 0)
        return undefined;
      return withSecret('Password: ', password, (secret) =>
        execute('change-vnc-password', { password: secret }),
      );
    },
  },
  kick: {
    usage: 'kick ID [REASON]',
    about: 'closes one session, or one handshake',
    plan: ([id = '', ...reason]) => {
      if (!/^\d+$/.test(id)) return undefined;
      return execute('x-kick', {
        id: Number(id),
        ...(reason.length === 0 ? {} : { reason: reason.join(' ') }),
      });
    },
  },
  rights: {
    usage: 'rights ID full|view|+RIGHT|-RIGHT...',
    about:
      'changes what a session may do; rights are view pointer keyboard clipboard-in clipboard-out resize power exclusive',
    plan: ([id = '', ...changes]) => {
      if (!/^\d+$/.test(id) || changes.length === 0) return undefined;
      const args: Record<string, unknown> = { id: Number(id) };
      for (const change of changes) {
        const [, sign, name] = /^([+-])([a-z-]+)$/.exec(change) ?? [];
        if (name !== undefined) args[name] = sign === '+';
        else if (change === 'full' || change === 'view') args['preset'] = change;
        else return undefined;
      }
      return execute('x-set-rights', args);
    },
  },
  reload: {
    usage: 'reload',
    about: 'reads certificates, revocation lists, users and rules again',
    plan: (rest) => (rest.length > 0 ? undefined : execute('x-reload')),
  },
  listen: {
    usage: 'listen add|remove ADDRESS',
    about: 'opens or closes a listener: `:2` is loopback, `*:2` every interface, `unix:/path`',
    words: ['add', 'remove'],
    plan: ([verb, address, ...more]) => {
      if (address === undefined || more.length > 0) return undefined;
      if (verb === 'remove') return execute('x-listener-remove', { address });
      if (verb !== 'add') return undefined;
      return execute('x-listener-add', { address }, (value) => `listening on ${endpoint(value)}`);
    },
  },
  security: {
    usage: 'security TYPE[,TYPE...]',
    about: 'what new connections are offered, as in --security',
    plan: ([list, ...more]) =>
      list === undefined || more.length > 0
        ? undefined
        : execute('x-set-security', { types: list.split(',') }),
  },
  screendump: {
    usage: 'screendump FILE [-f png|ppm]',
    about: 'writes the picture to a file, PNG where the name ends so',
    plan: (rest) => {
      const flag = rest.indexOf('-f');
      const format = flag < 0 ? undefined : rest[flag + 1];
      const [filename, ...more] = rest.filter((_, i) => flag < 0 || (i !== flag && i !== flag + 1));
      if (filename === undefined || more.length > 0) return undefined;
      const byName = /\.png$/i.test(filename) ? 'png' : 'ppm';
      return execute('screendump', { filename, format: format ?? byName });
    },
  },
  sendkey: {
    usage: 'sendkey KEY[-KEY...] [MILLISECONDS]',
    about: 'presses keys together and lets go of them: `sendkey ctrl-alt-delete`',
    words: Array.from(qcodes.keys()),
    plan: ([keys, hold, ...more]) => {
      if (keys === undefined || more.length > 0 || !/^\d*$/.test(hold ?? '')) return undefined;
      const values = keys
        .split('-')
        .map((name) =>
          /^0x[0-9a-f]+$/i.test(name)
            ? { type: 'number', data: Number(name) }
            : { type: 'qcode', data: name },
        );
      const time = hold === undefined ? {} : { 'hold-time': Number(hold) };
      return execute('send-key', { keys: values, ...time });
    },
  },
  exit: {
    usage: 'exit',
    about: 'leaves this prompt; the server goes on',
    plan: () => ({ kind: 'leave' }),
  },
  quit: {
    usage: 'quit',
    about: 'ends the server, and with it every session',
    plan: (rest) =>
      rest.length > 0
        ? undefined
        : {
            kind: 'confirm',
            question: 'This ends the server. Really (y/n)? ',
            next: execute('quit'),
          },
  },
};

/** What a line asks for. A line that begins with `{` is QMP itself. */
export function planCommand(line: string): Plan {
  if (line.trimStart().startsWith('{')) return planQmp(line);
  const words = splitWords(line);
  if (words === undefined) return { kind: 'error', text: 'a quote is not closed' };
  const [name, ...rest] = words;
  if (name === undefined) return { kind: 'say', text: '' };
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    return { kind: 'error', text: `unknown command ${printable(name, 40)}; "help" lists them` };
  // The words themselves may hold a password, so they are not repeated.
  return command.plan(rest) ?? { kind: 'error', text: `usage: ${command.usage}` };
}

/** Completions of the last word, and that word: what node:readline asks for. */
export function completeCommand(line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const [name = ''] = words;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const choices = words.length < 2 ? Object.keys(commands) : (command?.words ?? []);
  // Keys are joined with a minus.
  const word = name === 'sendkey' && words.length === 2 ? (last.split('-').at(-1) ?? '') : last;
  if (words.length > 2) return [[], last];
  return [choices.filter((choice) => choice.startsWith(word)), word];
}

/** Whether a line has, or may have, a password in it: it must not be kept in a history. */
export const holdsSecret = (line: string): boolean => /passw/i.test(line);

function planQmp(line: string): Plan {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { kind: 'error', text: 'this is no JSON object' };
  }
  if (!isJsonObject(request) || typeof request['execute'] !== 'string')
    return { kind: 'error', text: 'a QMP command looks like {"execute": "query-vnc"}' };
  const { execute: command, arguments: args = {} } = request;
  if (!isJsonObject(args)) return { kind: 'error', text: '"arguments" must be an object' };
  return execute(String(command), args, (value) => JSON.stringify(value, undefined, 2));
}

function help(name: string | undefined): string {
  const known = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (known !== undefined) return `${known.usage}\n  ${known.about}`;
  return Object.values(commands)
    .map(({ usage, about }) => `${usage}\n  ${about}`)
    .join('\n');
}

function withSecret(
  prompt: string,
  given: string | undefined,
  next: (secret: string) => Plan,
): Plan {
  return given === undefined ? { kind: 'secret', prompt, next } : next(given);
}

/** Takes `-d DISPLAY` out. */
function withDisplay(rest: readonly string[]): {
  readonly words: readonly string[];
  readonly display: { readonly display?: string };
} {
  const at = rest.findIndex((word) => NAME_FLAG.test(word));
  const display = at < 0 ? undefined : rest[at + 1];
  if (display === undefined) return { words: rest, display: {} };
  return { words: [...rest.slice(0, at), ...rest.slice(at + 2)], display: { display } };
}

/** Words between spaces; double quotes hold spaces together, and a backslash in them takes the next character as it is. */
function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)/gy;
  const text = line.trim();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    words.push(match[2] ?? (match[1] ?? '').replace(/\\(.)/g, '$1'));
  }
  return words;
}

function endpoint(value: unknown): string {
  if (!isJsonObject(value)) return '';
  const { host, service } = value;
  const name = String(host);
  if (name === '') return printable(String(service));
  return printable(`${name.includes(':') ? `[${name}]` : name}:${String(service)}`);
}
