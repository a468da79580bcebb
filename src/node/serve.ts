/**
 * A display served on sockets: credentials, policy, who may enter, server and listeners, put together. The library's
 * `serve`, and what the command line runs.
 */
import { parseNetwork } from '../access/networks.ts';
import type { PasswordStore } from '../access/passwords.ts';
import type { Unsubscribe } from '../core/emitter.ts';
import { resolveLimits, type Limits } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import { orderOffer, type InsecureName, type SecurityOffer } from '../security/policy.ts';
import type { Display } from '../server/display.ts';
import {
  createServer,
  type ServerEvents,
  type SharePolicy,
  type VncServer,
} from '../server/server.ts';
import type { VideoEncoders } from '../server/video-encoder.ts';
import type { AccessPolicy } from './access-policy.ts';
import { encodePoolOf } from './encode-pool.ts';
import { loadJpegEncoder } from './jpeg.ts';
import { parseAddress, type Address, type AddressRole } from './address.ts';
import type { Listener } from './listen.ts';
import { createListeners, type Accept, type Listeners } from './listeners.ts';
import { reloadAll, type Reloadable, type ReloadReport } from './reload.ts';
import { connectReverse } from './reverse.ts';
import { accessInForce } from './serve-access.ts';
import {
  authenticatorOf,
  checkAccess,
  checkPolicy,
  checkWebSocket,
  offerOf,
  onlyFromHere,
  passwordStoreOf,
  type ServeAccess,
} from './serve-offer.ts';
import { openServerTls, type ServerTls, type ServeTls } from './server-tls.ts';
import type { InheritedListener } from './socket-activation.ts';
import { listenWebSocket } from './websocket-listen.ts';
import { parseOrigin } from './websocket-origin.ts';

export type { ServeAccess } from './serve-offer.ts';
export type { ServeTls } from './server-tls.ts';

export type AddressOption = string | Address | readonly (string | Address)[];

/** What is served, where, to whom. */
export interface ServeOptions {
  readonly display: Display;
  /**
   * `:1`, `*:1`, `unix:/path`; several if wanted. Default, where none of `inherited`, `websocket` and `connect` is given:
   * the first free display of :1 to :20, on loopback. Only this machine can reach a display number without a host. False:
   * nowhere.
   */
  readonly listen?: AddressOption | false;
  /** Sockets that listen already, handed over by a service manager; the server takes them over. */
  readonly inherited?: readonly InheritedListener[];
  /** Where browsers connect; display N is port 5700 + N here. wss where something on offer is X.509, else clear. */
  readonly websocket?: {
    readonly listen: AddressOption;
    /** Pages that may connect besides those of the same origin: `https://console.example`. */
    readonly origins?: readonly string[];
  };
  /** Viewers that listen, to be dialled: `host::5500`. They are dialled again when they have gone. */
  readonly connect?: AddressOption;
  /** `X509Plain,X509Vnc`. Default: what `access` has answers for, inside verified TLS. */
  readonly security?: string | SecurityOffer;
  /** Weak types that are allowed although they are weak. */
  readonly allowInsecure?: Iterable<InsecureName>;
  /** Certificates. Default: none; then no X.509 type can be offered. */
  readonly tls?: ServeTls;
  /** Who may enter, and with what rights. */
  readonly access?: ServeAccess;
  /** What `reload()` reads again beside the certificates. */
  readonly reloadables?: readonly Reloadable[];
  /** H.264 for parts that move like a film: openFfmpeg(). Default: none, they are sent as all else. */
  readonly video?: VideoEncoders;
  /** False: every viewer gets exact pixels. Default: photos are JPEG for viewers that name a quality. */
  readonly jpeg?: boolean;
  /** Default `ignore`. */
  readonly share?: SharePolicy;
  readonly limits?: Partial<Limits>;
  /** Threads that encode large updates beside this one, 0 to 64. Default: one for each core but one; 0: none. */
  readonly encodeWorkers?: number;
  /** Networks (`10.0.0.0/8`) of proxies whose connections must begin with a PROXY protocol header. */
  readonly proxyProtocolFrom?: readonly string[];
  readonly logger?: Logger;
}

/** A server that runs. */
export interface Serving {
  /** Subscribes to an event of the server's. */
  readonly on: <Name extends keyof ServerEvents>(
    name: Name,
    listener: (value: ServerEvents[Name]) => void,
  ) => Unsubscribe;
  /** Events, viewers, kick(), setRights(). */
  readonly server: VncServer;
  /** With the ports that were free. */
  readonly addresses: readonly Address[];
  readonly websocketAddresses: readonly Address[];
  /** Whether those are wss. */
  readonly websocketTls: boolean;
  /** Of new connections. */
  readonly offer: SecurityOffer;
  /** What listens, to change while it runs; WebSockets are not among them. */
  readonly listeners: Listeners;
  /** Of the types that ask for a VNC password. Empty unless one was given; of no use beside a policy. */
  readonly passwords: PasswordStore;
  /** The access file, if there is one: to reload it by hand. */
  readonly policy?: AccessPolicy;
  /** What new connections are offered; sessions stay as they are. Throws SecurityError, and then nothing changed. */
  readonly setOffer: (offer: SecurityOffer) => void;
  /**
   * Reads the certificates again, the access file, and `reloadables`. Sessions stay, but for those whose certificate has
   * been revoked. What cannot be used is in the report, and what was there before stays in use. Never rejects.
   */
  readonly reload: () => Promise<ReloadReport>;
  /** Takes no more connections; those that are there stay. Idempotent. */
  readonly stopListening: () => Promise<void>;
  /** Closes viewers and listeners. The display stays open. Idempotent. */
  readonly close: () => Promise<void>;
}

const FREE_DISPLAYS = ':1-20';
/** Of display 0 for browsers, as in QEMU. */
export const WEBSOCKET_PORT = 5700;

/**
 * Serves a display to viewers. Rejects with TypeError for options that cannot be read, SecurityError (ERR_VNC_POLICY) for
 * those that would be unsafe or
 * leave a type without an answer, (ERR_VNC_TLS_CONFIGURATION) for unusable credentials, and Error for addresses.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const places = placesOf(options);
  const offer = offerOf(options.security, options.access ?? {});
  const secured = await openServerTls(options.tls ?? {}, options.logger);
  try {
    return await serveWith(options, { places, offer, secured });
  } catch (error) {
    secured.close();
    throw error;
  }
}

/** Where viewers are met. */
interface Places {
  readonly listen: readonly Address[];
  readonly inherited: readonly InheritedListener[];
  readonly websocket: readonly Address[];
  readonly origins: ReadonlySet<string>;
  readonly connect: readonly Address[];
}

function placesOf(options: ServeOptions): Places {
  const inherited = options.inherited ?? [];
  const connect = addressesOf(options.connect, 'connect');
  const websocket = addressesOf(options.websocket?.listen, 'listen', WEBSOCKET_PORT);
  const given = options.listen === false ? [] : addressesOf(options.listen, 'listen');
  const isElsewhere = [...given, ...inherited, ...websocket, ...connect].length > 0;
  const listen =
    options.listen === false || isElsewhere ? given : addressesOf(FREE_DISPLAYS, 'listen');
  const origins = new Set(options.websocket?.origins?.map(parseOrigin));
  return { listen, inherited, websocket, origins, connect };
}

function addressesOf(
  given: AddressOption | undefined,
  role: AddressRole,
  basePort?: number,
): readonly Address[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? (given as readonly (string | Address)[]) : [given as string];
  return list.map((each) => (typeof each === 'string' ? parseAddress(each, role, basePort) : each));
}

interface Resolved {
  readonly places: Places;
  readonly offer: SecurityOffer;
  readonly secured: ServerTls;
}

async function serveWith(
  options: ServeOptions,
  { places, offer: firstOffer, secured }: Resolved,
): Promise<Serving> {
  const { display, tls = {}, access = {}, share, limits, logger } = options;
  const { acceptor } = secured;
  let offer = firstOffer;
  const elsewhere = [...places.websocket, ...places.connect];
  const proxies = (options.proxyProtocolFrom ?? []).map(parseNetwork);
  const behindProxies = (): boolean =>
    [...proxies, ...(access.policy?.policy?.proxies ?? [])].length > 0;
  const check = (addresses: readonly Address[], types: SecurityOffer): void => {
    if (places.websocket.length > 0) checkWebSocket(types);
    checkPolicy(types, {
      local: onlyFromHere([...addresses, ...elsewhere], behindProxies()),
      allowInsecure: new Set(options.allowInsecure),
      tlsLayers: acceptor.layers,
      verifyClient: tls.verifyClient ?? 'off',
    });
  };
  const inheritedAddresses = places.inherited.map(({ address }) => address);
  check([...places.listen, ...inheritedAddresses], offer);
  checkAccess(offer, tls, access);

  const passwords = passwordStoreOf(access.password);
  const inForce = accessInForce({
    authenticator: authenticatorOf(access, passwords),
    policy: access.policy,
    throttle: access.throttle,
    proxies,
    limits: resolveLimits(limits),
    logger,
  });
  const jpeg = options.jpeg === false ? undefined : await loadJpegEncoder();
  const pool = encodePoolOf(options);
  const server = createServer({
    display,
    ...(jpeg === undefined ? {} : { jpeg }),
    ...(pool === undefined ? {} : { pool }),
    ...(options.video === undefined ? {} : { video: options.video }),
    // Read anew for each connection.
    get offer() {
      return offer;
    },
    ...inForce.options,
    tls: acceptor,
    ...(share === undefined ? {} : { share }),
    ...(limits === undefined ? {} : { limits }),
    ...(logger === undefined ? {} : { logger }),
  });
  inForce.attach(server);
  secured.follow(server, logger);

  const door = createDoor(server);
  const listeners = createListeners({
    accept: door.accept,
    events: server.events,
    check: (addresses) => check(addresses, offer),
    listen: { proxies: inForce.proxies },
    inherited: places.inherited,
  });
  const wss = acceptor.layers.has('x509') ? acceptor : undefined;
  const websockets: Listener[] = [];
  try {
    await listeners.replace([...inheritedAddresses, ...places.listen]);
    for (const address of places.websocket)
      websockets.push(
        await listenWebSocket(address, (stream, peer) => door.accept(stream, peer), {
          origins: places.origins,
          proxies: inForce.proxies,
          ...(wss === undefined ? {} : { tls: wss }),
          ...(limits === undefined ? {} : { limits }),
          ...(logger === undefined ? {} : { logger }),
        }),
      );
  } catch (error) {
    inForce.close();
    await Promise.all([listeners.close(), ...websockets.map((each) => each.close())]);
    await server.close();
    throw error;
  }
  for (const each of places.inherited) each.start((stream, peer) => door.accept(stream, peer));
  const reverses = places.connect.map((address) =>
    connectReverse(
      address,
      (stream, peer) => door.accept(stream, peer),
      logger === undefined ? {} : { logger },
    ),
  );
  setImmediate(door.open);

  let stopping: Promise<void> | undefined;
  const stopListening = (): Promise<void> => {
    for (const reverse of reverses) reverse.close();
    return (stopping ??= Promise.all([
      listeners.close(),
      ...websockets.map((each) => each.close()),
    ]).then(() => undefined));
  };
  let closing: Promise<void> | undefined;
  return {
    on: (name, listener) => server.events.on(name, listener),
    server,
    get addresses() {
      return listeners.addresses;
    },
    websocketAddresses: websockets.map(({ address }) => address),
    websocketTls: wss !== undefined,
    get offer() {
      return offer;
    },
    listeners,
    passwords,
    ...(access.policy === undefined ? {} : { policy: access.policy }),
    setOffer: (given) => {
      const next = orderOffer(given);
      check(listeners.wanted, next);
      // A password can still be set; until then nobody gets in.
      checkAccess(
        next,
        tls,
        access.policy === undefined ? { ...access, password: passwords } : access,
      );
      offer = next;
    },
    reload: () =>
      reloadAll([
        ...secured.reloadables,
        ...(access.policy === undefined ? [] : [policyReloadable(access.policy)]),
        ...(options.reloadables ?? []),
      ]),
    stopListening,
    close: () => {
      inForce.close();
      secured.close();
      return (closing ??= stopListening()
        .then(() => server.close())
        .then(() => pool?.close()));
    },
  };
}

/** The access file among what is reloaded: one that is missing or broken is an error to be told of. */
const policyReloadable = (policy: AccessPolicy): Reloadable => ({
  name: 'access',
  reload: async () => {
    const outcome = await policy.reload();
    if (outcome === 'kept')
      throw new Error(
        policy.policy === undefined
          ? 'the access file is broken, and nobody new gets in'
          : 'the access file is broken, and what it said before stays in force',
      );
    if (outcome === 'missing')
      throw new Error('the access file is missing, and nobody new gets in');
    return { changed: outcome === 'changed', warnings: policy.warnings };
  },
});

/** Who connects before our caller could subscribe to events waits: nobody may come in unseen. */
function createDoor(server: VncServer): { readonly accept: Accept; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    accept: (stream, peer, known) =>
      void opened.then(() => {
        const id = server.accept(stream, peer);
        known?.(id);
      }),
    open,
  };
}
