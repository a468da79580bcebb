/** IP networks as people write them (`10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`): for access rules, throttle and proxies. */

export interface Network {
  readonly text: string;
  /** Whether an address, as `Peer.host` has it, is inside. False for what is no address: unix sockets and names. */
  readonly contains: (host: string) => boolean;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address. Throws TypeError with a sentence that quotes the text. */
export function parseNetwork(text: string): Network {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const bytes = parseIp(address);
  if (bytes === undefined) throw bad(text, 'is no address, nor address/bits such as 10.0.0.0/8');
  const all = bytes.length * 8;
  const bits = length === undefined ? all : Number(length);
  if (bits > all) throw bad(text, `has ${bits} bits, and such an address has ${all}`);
  // What stands behind the prefix is most likely a slip: 10.0.0.7/8 is more people than its writer thinks of.
  if (!samePrefix(bytes, masked(bytes, bits), all))
    throw bad(
      text,
      `has bits set behind the first ${bits}; write ${formatIp(masked(bytes, bits))}/${bits}, or ${formatIp(bytes)} for one address`,
    );
  return {
    text,
    contains: (host) => {
      const candidate = parseIp(host);
      return candidate?.length === bytes.length && samePrefix(candidate, bytes, bits);
    },
  };
}

/**
 * Four or sixteen bytes; undefined for what is no address. IPv4 inside IPv6 (`::ffff:10.0.0.1`) is IPv4: a listener on
 * `::` shows its peers so. Brackets and the zone of a link-local address do not matter.
 */
export function parseIp(text: string): Uint8Array | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%[^%]*$/, '');
  if (!bare.includes(':')) return parseIpv4(bare);
  const groups = ipv6Groups(bare);
  if (groups === undefined) return undefined;
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped ? bytes.slice(12) : bytes;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  // A leading zero means octal to some and nothing to others.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const numbers = parts.map(Number);
  return numbers.every((number) => number < 256) ? Uint8Array.from(numbers) : undefined;
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...tail];
}

/** `mayEndInIpv4`: only the last part of an address may be dotted. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const dotted = mayEndInIpv4 && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (dotted === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = dotted;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  ).join(':');
  return groups.replace(/(?:^|:)0(?::0)+(?:$|:)/, '::');
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, index) => byte & maskOf(bits - 8 * index));
}

const maskOf = (bits: number): number =>
  bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;

function samePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  return a.every((byte, index) => ((byte ^ (b[index] ?? 0)) & maskOf(bits - 8 * index)) === 0);
}

/**
 * The part of an address that one customer has: IPv4 whole, IPv6 its first 64 bits. Text that is no address is its own
 * key; the empty host of a unix socket is the empty key.
 */
export function networkKey(host: string): string {
  const bytes = parseIp(host);
  if (bytes === undefined) return host;
  return bytes.length === 4 ? formatIp(bytes) : `${formatIp(masked(bytes, 64))}/64`;
}

const bad = (text: string, why: string): TypeError =>
  new TypeError(`network ${JSON.stringify(text)} ${why}`);
