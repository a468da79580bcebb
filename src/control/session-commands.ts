/**
 * What QEMU has no commands for: who is there, with which rights and through what; putting one out; listeners one by
 * one; the security types on offer. Named `x-`, as QEMU names what is not its standard.
 */
import { formatAddress, parseAddress } from '../node/address.ts';
import { encodingName } from '../rfb/constants.ts';
import { allRights, viewOnlyRights, type Rights } from '../security/identity.ts';
import { describeProtection, parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import { command, type CommandTable } from './command.ts';
import type { ConnectionInfo, Connections } from './connections.ts';
import { listenerEndpoint } from './endpoint.ts';
import type { Members } from './members.ts';
import { QmpError } from './qmp-error.ts';
import { reload, type MonitoredServer } from './vnc-commands.ts';

/** Who it was, in the audit trail. */
const BY = 'monitor';

/** QMP's spelling of the rights. */
const RIGHTS = {
  view: 'view',
  pointer: 'pointer',
  keyboard: 'keyboard',
  clipboardIn: 'clipboard-in',
  clipboardOut: 'clipboard-out',
  resize: 'resize',
  power: 'power',
  exclusive: 'exclusive',
} as const satisfies Record<keyof Rights, string>;

const rightNames = Object.keys(RIGHTS) as readonly (keyof Rights)[];

export function sessionCommands(serving: MonitoredServer, connections: Connections): CommandTable {
  const { server, listeners } = serving;

  return {
    'x-query-sessions': command(nothing, () =>
      connections.list.map((connection) => sessionOf(connection, serving)),
    ),

    'x-kick': command(
      (a) => ({
        id: a.integer('id'),
        reason: a.optional('reason', () => a.string('reason')),
      }),
      ({ id, reason }) => {
        if (!server.kick(id, reason ?? 'put out through the monitor', BY)) throw noSession(id);
      },
    ),

    'x-set-rights': command(
      (a) => ({ id: a.integer('id'), change: rightsOf(a) }),
      ({ id, change }) => {
        const viewer = server.viewers.find((each) => each.id === id);
        if (viewer === undefined || !server.setRights(id, change(viewer.rights), BY))
          throw noSession(id);
      },
    ),

    'x-reload': command(nothing, () => reload(serving)),

    'x-listener-add': command(listenAddress, async (address) =>
      listenerEndpoint(await listeners.add(address)),
    ),

    'x-listener-remove': command(listenAddress, async (address) => {
      if (!(await listeners.remove(address)))
        throw new QmpError(`Nothing listens on ${formatAddress(address)}`);
    }),

    'x-query-security': command(nothing, () =>
      describeProtection(serving.offer).map(({ name, encrypted, serverProven }) => ({
        name,
        encrypted,
        'server-proven': serverProven,
      })),
    ),

    'x-set-security': command(
      (a): SecurityOffer => {
        const types = a.strings('types');
        try {
          return parseSecurityList(types.join(','));
        } catch (error) {
          throw new QmpError(`Parameter 'types': ${(error as Error).message}`);
        }
      },
      (offer) => serving.setOffer(offer),
    ),
  };
}

const nothing = (): undefined => undefined;

const noSession = (id: number): QmpError =>
  new QmpError(`Session ${id} not found`, 'DeviceNotFound');

function listenAddress(a: Members): ReturnType<typeof parseAddress> {
  const text = a.string('address');
  try {
    return parseAddress(text, 'listen');
  } catch (error) {
    throw new QmpError(`Parameter 'address': ${(error as Error).message}`);
  }
}

/** Either `preset`, or single rights, of which the others stay as they are; or both. */
function rightsOf(a: Members): (before: Rights) => Rights {
  const preset = a.optional('preset', () => a.word('preset', ['full', 'view']));
  const given: Partial<Record<keyof Rights, boolean>> = {};
  for (const name of rightNames) {
    const value = a.optional(RIGHTS[name], () => a.boolean(RIGHTS[name]));
    if (value !== undefined) given[name] = value;
  }
  if (preset === undefined && Object.keys(given).length === 0)
    throw new QmpError("Parameter 'preset' is missing");
  const base = preset === undefined ? undefined : preset === 'full' ? allRights : viewOnlyRights;
  return (before) => ({ ...(base ?? before), ...given });
}

function sessionOf({ id, client }: ConnectionInfo, serving: MonitoredServer): unknown {
  const { server, listeners } = serving;
  const origin = listeners.origin(id);
  const traffic = origin?.traffic();
  // Rights change; the list of the server has those of now.
  const viewer = server.viewers.find((each) => each.id === id);
  const roundTripMs = server.roundTripMs(id);
  return {
    id,
    ...client,
    ...(origin === undefined
      ? {}
      : {
          listener: formatAddress(origin.listener),
          'connected-since': Math.floor(origin.since / 1000),
        }),
    ...(traffic === undefined
      ? {}
      : { 'bytes-received': traffic.received, 'bytes-sent': traffic.sent }),
    authenticated: viewer !== undefined,
    ...(viewer === undefined
      ? {}
      : {
          name: viewer.name,
          version: viewer.version,
          security: viewer.security,
          ...(viewer.tls === undefined ? {} : { tls: viewer.tls }),
          rights: Object.fromEntries(rightNames.map((name) => [RIGHTS[name], viewer.rights[name]])),
          encodings: server.encodings(id).map(encodingName),
          ...(roundTripMs === undefined ? {} : { 'round-trip-ms': Math.round(roundTripMs) }),
        }),
  };
}
