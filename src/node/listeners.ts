/**
 * The sockets of a server, which may come and go while it runs. A change is made whole or not at all, one after the
 * other, and only when the policy has nothing against it. Used by serve; the monitor changes them through it.
 */
import type { Peer } from '../security/identity.ts';
import type { VncServer } from '../server/server.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { formatAddress, type Address } from './address.ts';
import { listen, type Listener, type ListenerOptions, type Traffic } from './listen.ts';

/** Where a connection came in, and what went over it. */
export interface Origin {
  readonly listener: Address;
  /** Bytes on the wire, so with TLS around them. */
  readonly traffic: () => Traffic;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface Listeners {
  readonly addresses: readonly Address[];
  /** `addresses`, and those of a change under way: the first of them may take connections before the last is open. */
  readonly wanted: readonly Address[];
  /** Undefined for a connection that did not come from here, or has ended. */
  readonly origin: (id: number) => Origin | undefined;
  /** Rejects with what stands against it; resolves with the port that port 0 became. */
  readonly add: (address: Address) => Promise<Address>;
  /** False when nothing listens there. Sessions stay. */
  readonly remove: (address: Address) => Promise<boolean>;
  /** These and no others. Those that are there already are not touched. */
  readonly replace: (addresses: readonly Address[]) => Promise<readonly Address[]>;
  /** The others of these operations are waited for. */
  readonly close: () => Promise<void>;
}

/** What is done with a connection; `known` is told the id that it gets. */
export type Accept = (stream: ByteStream, peer: Peer, known?: (id: number) => void) => void;

export interface ListenersOptions {
  readonly accept: Accept;
  /** Of the server that accepts. */
  readonly events: VncServer['events'];
  /** Throws when the server must not be reachable at all of these. */
  readonly check: (addresses: readonly Address[]) => void;
  readonly listen: ListenerOptions;
  /** Already open, from elsewhere. */
  readonly inherited: readonly Listener[];
}

export function createListeners(options: ListenersOptions): Listeners {
  const { accept, events, check } = options;
  let open: readonly Listener[] = options.inherited;
  let coming: readonly Address[] = [];
  let closing: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const origins = new Map<number, Origin>();
  events.on('disconnected', ({ id }) => {
    // Whoever hears of the same event may still ask.
    queueMicrotask(() => origins.delete(id));
  });

  /** Runs changes one at a time, each on what the one before left. */
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    if (closing !== undefined) return Promise.reject(new Error('the server is closing'));
    const turn = last.then(change, change);
    last = turn.catch(() => undefined);
    return turn;
  };

  const start = async (wanted: Address): Promise<Listener> => {
    const listener: Listener = await listen(
      wanted,
      (stream, peer, traffic) => {
        const since = Date.now();
        accept(stream, peer, (id) =>
          origins.set(id, { listener: listener.address, traffic, since }),
        );
      },
      options.listen,
    );
    return listener;
  };

  const replace = async (addresses: readonly Address[]): Promise<readonly Address[]> => {
    check(addresses);
    const kept = open.filter(({ address }) => addresses.some((each) => isSame(each, address)));
    const started: Listener[] = [];
    const next: Listener[] = [];
    coming = addresses.filter((address) => !kept.some((each) => isSame(each.address, address)));
    try {
      for (const address of addresses) {
        const before = kept.find((each) => isSame(each.address, address));
        const listener = before ?? (await start(address));
        if (before === undefined) started.push(listener);
        if (!next.includes(listener)) next.push(listener);
      }
      // Once more: what is offered may have changed meanwhile.
      check(addresses);
    } catch (error) {
      await Promise.all(started.map((listener) => listener.close()));
      throw error;
    } finally {
      coming = [];
    }
    const gone = open.filter((listener) => !next.includes(listener));
    open = next;
    await Promise.all(gone.map((listener) => listener.close()));
    return addressesOf(open);
  };

  return {
    get addresses() {
      return addressesOf(open);
    },
    get wanted() {
      return [...addressesOf(open), ...coming];
    },
    origin: (id) => origins.get(id),
    add: (address) =>
      inTurn(async () => {
        if (open.some((each) => isSame(each.address, address)))
          throw new Error(
            `cannot listen on ${formatAddress(address)}: this server listens there already`,
          );
        const addresses = await replace([...addressesOf(open), address]);
        return addresses.at(-1) ?? address;
      }),
    remove: (address) =>
      inTurn(async () => {
        const left = addressesOf(open).filter((each) => !isSame(each, address));
        if (left.length === open.length) return false;
        await replace(left);
        return true;
      }),
    replace: (addresses) => inTurn(() => replace(addresses)),
    close: () =>
      (closing ??= last.then(async () => {
        await Promise.all(open.map((listener) => listener.close()));
      })),
  };
}

const addressesOf = (listeners: readonly Listener[]): readonly Address[] =>
  listeners.map(({ address }) => address);

/** Port 0 is another one each time. */
const isSame = (a: Address, b: Address): boolean =>
  a.kind === 'unix'
    ? b.kind === 'unix' && a.path === b.path
    : b.kind === 'tcp' && a.host === b.host && a.port === b.port && a.port !== 0;
