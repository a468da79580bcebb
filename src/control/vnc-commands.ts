/** QEMU's commands about its VNC server: query-vnc, passwords, display-reload, display-update, add_client. */
import { isIP } from 'node:net';
import type { Address } from '../node/address.ts';
import type { Serving } from '../node/serve.ts';
import { describeProtection, type SecurityOffer } from '../security/policy.ts';
import { command, type CommandTable } from './command.ts';
import type { Connections } from './connections.ts';
import {
  listenerEndpoint,
  strongestAuth,
  webSocketEndpoint,
  webSocketOffer,
  type Endpoint,
} from './endpoint.ts';
import type { JsonObject, Members } from './members.ts';
import { QmpError } from './qmp-error.ts';

/** What the monitor needs of a Serving. */
export type MonitoredServer = Pick<
  Serving,
  | 'server'
  | 'listeners'
  | 'websocketAddresses'
  | 'websocketTls'
  | 'passwords'
  | 'policy'
  | 'offer'
  | 'setOffer'
  | 'reload'
>;

/** QEMU's name of a display without an `id=`. */
const DISPLAY = 'default';
/** DES takes no more, and viewers cut what is longer without a word. */
const MAX_PASSWORD_BYTES = 8;

export function vncCommands(serving: MonitoredServer, connections: Connections): CommandTable {
  const clients = (): readonly unknown[] => connections.list.map(({ client }) => client);

  const setPassword = (password: string): void => {
    notBesidePolicy(serving, 'Could not set password');
    if (!asksForPassword(serving)) throw new QmpError('Could not set password');
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
      throw new QmpError(
        `The password is longer than ${MAX_PASSWORD_BYTES} bytes, and VNC authentication cannot use more`,
      );
    // QEMU would then let in whoever gives an empty password.
    if (password === '') serving.passwords.clear('full');
    else serving.passwords.set('full', password);
  };

  return {
    'query-vnc': command(nothing, () => {
      const [address] = serving.listeners.addresses;
      if (address === undefined) return { enabled: false };
      const { host, family, service } = listenerEndpoint(address);
      const auth = strongestAuth(serving.offer).name;
      return { enabled: true, host, family, service, auth, clients: clients() };
    }),

    'query-vnc-servers': command(nothing, () => {
      const listening = (endpoint: Endpoint, offer: SecurityOffer): JsonObject => ({
        ...endpoint,
        ...authMembers(offer),
      });
      const { offer } = serving;
      const inside = webSocketOffer(serving);
      // QEMU lists the last one first, and WebSockets behind the others.
      const server = [
        ...serving.listeners.addresses.map((each) => listening(listenerEndpoint(each), offer)),
        ...serving.websocketAddresses.map((each) => listening(webSocketEndpoint(each), inside)),
      ].reverse();
      return [{ id: DISPLAY, ...authMembers(offer), server, clients: clients() }];
    }),

    set_password: command(
      (a) => ({
        protocol: a.word('protocol', ['vnc', 'spice']),
        password: a.string('password'),
        connected: a.optional('connected', () =>
          a.word('connected', ['fail', 'disconnect', 'keep']),
        ),
        display: a.optional('display', () => a.string('display')),
      }),
      ({ protocol, password, connected = 'keep', display = DISPLAY }) => {
        noSpice(protocol);
        if (connected !== 'keep') throw new QmpError("Invalid parameter 'connected'");
        if (display !== DISPLAY) throw new QmpError('Could not set password');
        setPassword(password);
      },
    ),

    'change-vnc-password': command((a) => a.string('password'), setPassword),

    expire_password: command(
      (a) => ({
        protocol: a.word('protocol', ['vnc', 'spice']),
        time: a.string('time'),
        display: a.optional('display', () => a.string('display')),
      }),
      ({ protocol, time, display = DISPLAY }) => {
        noSpice(protocol);
        if (display !== DISPLAY) throw new QmpError('Could not set password expire time');
        notBesidePolicy(serving, 'Could not set password expire time');
        try {
          serving.passwords.expire(time, 'full');
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          throw new QmpError(`Parameter 'time' doesn't take value '${time}'`);
        }
      },
    ),

    'display-reload': command(
      (a) => {
        a.word('type', ['vnc']);
        return a.optional('tls-certs', () => a.boolean('tls-certs')) ?? false;
      },
      async (certificates) => {
        if (!certificates) return;
        const usesTls = describeProtection(serving.offer).some(({ encrypted }) => encrypted);
        if (!usesTls) throw new QmpError('vnc tls is not enabled');
        await reload(serving);
      },
    ),

    'display-update': command(
      (a) => {
        a.word('type', ['vnc']);
        return a.optional('addresses', () => a.array('addresses', socketAddress));
      },
      async (addresses) => {
        if (addresses !== undefined) await serving.listeners.replace(addresses);
      },
    ),

    getfd: command((a) => a.string('fdname'), noDescriptors),
    closefd: command(
      (a) => a.string('fdname'),
      (name) => {
        throw new QmpError(`File descriptor named '${name}' not found`);
      },
    ),
    add_client: command((a) => {
      a.string('protocol');
      a.string('fdname');
      a.optional('skipauth', () => a.boolean('skipauth'));
      a.optional('tls', () => a.boolean('tls'));
    }, noDescriptors),
  };
}

/** What cannot be used any more is an error; the rest is in use then all the same. */
export async function reload(serving: MonitoredServer): Promise<void> {
  const { parts } = await serving.reload();
  if (parts.length === 0) throw new QmpError('This server has nothing that it could read again');
  const faults = parts.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name}: ${error.message}`],
  );
  if (faults.length > 0) throw new QmpError(faults.join('; '));
}

const nothing = (): undefined => undefined;

function authMembers(offer: SecurityOffer): JsonObject {
  const { auth, vencrypt } = strongestAuth(offer);
  return { auth, ...(vencrypt === undefined ? {} : { vencrypt }) };
}

function notBesidePolicy({ policy }: MonitoredServer, what: string): void {
  if (policy !== undefined) throw new QmpError(`${what}: the access file has the passwords`);
}

const asksForPassword = ({ offer }: MonitoredServer): boolean =>
  describeProtection(offer).some(
    ({ viewerProvenBy }) => viewerProvenBy === 'a password of 1 to 8 bytes',
  );

function noSpice(protocol: 'vnc' | 'spice'): void {
  if (protocol === 'spice') throw new QmpError('SPICE is not in use', 'DeviceNotActive');
}

/** Node takes them only over its channel between processes, in its own envelope, and aborts on one of a plain file. */
function noDescriptors(): never {
  throw new QmpError(
    'File descriptors cannot be received here; x-listener-add with a unix socket does what add_client is used for',
  );
}

/** QAPI's SocketAddress, of which TCP and unix sockets can be listened on. */
function socketAddress(a: Members): Address {
  const type = a.word('type', ['inet', 'unix', 'vsock', 'fd']);
  if (type === 'unix') return { kind: 'unix', path: checkedPath(a.string('path')) };
  if (type !== 'inet') throw new QmpError(`Addresses of type '${type}' are not supported`);
  const host = a.string('host');
  const digits = a.string('port');
  for (const name of ['numeric', 'to', 'ipv4', 'ipv6', 'keep-alive', 'mptcp'])
    if (a.has(name)) throw new QmpError(`Parameter '${name}' is not supported`);
  // QEMU takes 80000 for 14464.
  if (!/^\d{1,5}$/.test(digits) || Number(digits) > 65535)
    throw new QmpError(`Parameter 'port' does not accept value '${digits}'`);
  return { kind: 'tcp', host: checkedHost(host), port: Number(digits) };
}

function checkedHost(host: string): string {
  // No host is every address, in QEMU's addresses.
  if (host === '') return '::';
  if (isIP(host) === 0 && !/^[\w.-]{1,253}$/.test(host))
    throw new QmpError(`Parameter 'host' does not accept value '${host}'`);
  return host;
}

function checkedPath(path: string): string {
  if (path === '' || path.includes('\0') || Buffer.byteLength(path) > 107)
    throw new QmpError("Parameter 'path' is not a path that a unix socket can have");
  return path;
}
