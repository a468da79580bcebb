/** Which viewers can connect to a server, by what, and why not: how each chooses is from tests with real ones. */
import { VeNCryptSubtype } from '../../rfb/constants.ts';
import { securityTypeName } from '../../security/names.ts';
import { isAnonymous, isX509 } from './kinds.ts';
import { tlsVersions, type LayerObservation, type Observations } from './observations.ts';

export interface ViewerVerdict {
  readonly viewer: string;
  /** `asks`: a person has to say yes to something. */
  readonly connects: 'yes' | 'asks' | 'no';
  /** Of type or sub-type, as in the offer. */
  readonly by?: string;
  readonly reason?: string;
}

interface Viewer {
  readonly name: string;
  /** Numbers that it knows; in its order of preference where it has one. */
  readonly types: readonly number[];
  readonly subtypes: readonly number[];
  /** Whose order counts. */
  readonly order: 'server' | 'own';
  /** Whether it can show a certificate of its own. */
  readonly clientCertificates: boolean;
  readonly onBadCertificate: 'asks' | 'refuses';
  readonly maxTls?: 'TLSv1.2';
  readonly lacking: string;
  /** Condition that comes with every connection. */
  readonly needs?: string;
}

const viewers: readonly Viewer[] = [
  {
    name: 'TigerVNC',
    types: [1, 2, 5, 6, 19, 129, 130],
    subtypes: [1, 2, 256, 257, 258, 259, 260, 261, 262],
    order: 'server',
    clientCertificates: false,
    onBadCertificate: 'asks',
    lacking: 'it speaks None, VncAuth, RSA-AES and VeNCrypt without SASL',
  },
  {
    name: 'gtk-vnc (virt-viewer)',
    types: [19, 18, 20, 113, 17, 30, 2, 1],
    subtypes: [263, 262, 261, 260, 264, 259, 258, 257],
    order: 'own',
    clientCertificates: true,
    onBadCertificate: 'refuses',
    lacking: 'it speaks none of these, and no Plain in clear',
  },
  {
    name: 'Remmina (libvncclient)',
    types: [1, 2, 17, 18, 19, 20, 30, 113],
    subtypes: [257, 258, 259, 260, 261, 262, 263, 264],
    order: 'server',
    clientCertificates: true,
    onBadCertificate: 'refuses',
    maxTls: 'TLSv1.2',
    lacking: 'it speaks none of these',
  },
  {
    name: 'noVNC',
    types: [1, 22, 16, 2, 19, 6, 30, 113],
    subtypes: [256],
    order: 'own',
    clientCertificates: true,
    onBadCertificate: 'refuses',
    lacking: 'inside VeNCrypt it speaks Plain alone: its TLS is that of the WebSocket (wss)',
    needs: 'through a WebSocket: websockify, or --websocket of Sallyport',
  },
  {
    name: 'macOS Screen Sharing',
    types: [30, 2],
    subtypes: [],
    order: 'own',
    clientCertificates: false,
    onBadCertificate: 'refuses',
    lacking: 'it speaks VncAuth and ARD, and no TLS: use an SSH tunnel',
  },
];

export const viewersOf = (seen: Observations): ViewerVerdict[] =>
  viewers.map((viewer) => verdict(viewer, seen));

function verdict(viewer: Viewer, seen: Observations): ViewerVerdict {
  const by = choiceOf(viewer, seen);
  const { name } = viewer;
  if (by === undefined) return { viewer: name, connects: 'no', reason: viewer.lacking };
  const told = { viewer: name, by: securityTypeName(by) };
  const layer = isX509(by) ? seen.x509 : isAnonymous(by) ? seen.anonymous : undefined;
  if (layer !== undefined && !sharesVersion(viewer, layer))
    return { ...told, connects: 'no', reason: 'it finds no TLS version in common' };
  if (isX509(by)) return { ...told, ...certificateVerdict(viewer, by, seen) };
  const late = name.startsWith('gtk-vnc') && seen.greeting.afterMs > 1300;
  const reason = late ? 'now and then: the greeting comes late' : viewer.needs;
  return { ...told, connects: 'yes', ...(reason === undefined ? {} : { reason }) };
}

/** TLS 1.3 is taken by those who have it, 1.2 and older by all. */
const sharesVersion = ({ maxTls }: Viewer, { versions }: LayerObservation): boolean =>
  tlsVersions.some(
    (version) =>
      versions[version].outcome === 'accepted' && (version !== 'TLSv1.3' || maxTls === undefined),
  );

function certificateVerdict(
  viewer: Viewer,
  by: number,
  seen: Observations,
): Pick<ViewerVerdict, 'connects' | 'reason'> {
  // Nobody is let in through X509None without one.
  const asked = seen.x509?.subtype === VeNCryptSubtype.X509None && by === VeNCryptSubtype.X509None;
  const closed = asked && seen.x509?.opens.outcome === 'refused';
  if (closed && !viewer.clientCertificates)
    return {
      connects: 'no',
      reason: 'the server wants a client certificate, which it cannot show',
    };
  const faulty = seen.x509?.audit.problems.some(({ level }) => level === 'error') ?? false;
  if (!faulty)
    return {
      connects: 'yes',
      reason: closed
        ? 'with a client certificate, and the file of the authority of the server'
        : 'with the file of the authority that signed the certificate',
    };
  return viewer.onBadCertificate === 'asks'
    ? { connects: 'asks', reason: 'about the certificate, see above' }
    : { connects: 'no', reason: 'it refuses the certificate, see above' };
}

/** What the viewer would choose of the offer; undefined when it knows nothing of it. */
function choiceOf(viewer: Viewer, { types, subtypes }: Observations): number | undefined {
  const pick = (offered: readonly number[], known: readonly number[]): number | undefined => {
    const [first, second] = viewer.order === 'own' ? [known, offered] : [offered, known];
    return first.find((number) => second.includes(number));
  };
  const subtype = pick(subtypes, viewer.subtypes);
  const usable = types.filter((type) => type !== 19 || subtype !== undefined);
  const type = pick(usable, viewer.types);
  return type === 19 ? subtype : type;
}
