/**
 * Judges what the probes saw, without asking anything itself: findings, each with the best grade that it leaves, and the
 * grade, which is the worst of those. The rule is explained in docs/doctor.md.
 */
import { SecurityTypeNumber, VeNCryptSubtype } from '../../rfb/constants.ts';
import { securityTypeName, securityTypeNames } from '../../security/names.ts';
import { ceilings, grades, type Add, type Finding, type Grade } from './findings.ts';
import { judgeTls } from './judge-tls.ts';
import { clearLoginTypes, isAnonymous, isX509, OLD_TLS_TYPE, rsaAesTypes } from './kinds.ts';
import type { Observations } from './observations.ts';
import { viewersOf, type ViewerVerdict } from './viewers.ts';

export interface Judgement {
  readonly grade: Grade;
  readonly findings: readonly Finding[];
  readonly viewers: readonly ViewerVerdict[];
}

export function judge(seen: Observations): Judgement {
  const findings: Finding[] = [];
  const add: Add = (id, mark, message, rest = {}) => {
    const ceiling = ceilings[id][seen.reach];
    // What is bad on a network may do on a unix socket.
    const mild = mark === 'bad' && ceiling <= 'B';
    findings.push({ id, mark: mild ? 'warn' : mark, message, ...rest, ceiling });
  };
  judgeTypes(seen, add);
  judgeTls(seen, add);
  judgeConduct(seen, add);
  return {
    grade: gradeOf(findings),
    findings: findings.toSorted(worstFirst),
    viewers: viewersOf(seen),
  };
}

export const gradeOf = (findings: readonly Finding[]): Grade =>
  grades[Math.max(0, ...findings.map(({ ceiling }) => grades.indexOf(ceiling)))] ?? 'F';

const marks: ReadonlyArray<Finding['mark']> = ['bad', 'warn', 'info', 'ok'];

const worstFirst = (a: Finding, b: Finding): number =>
  grades.indexOf(b.ceiling) - grades.indexOf(a.ceiling) ||
  marks.indexOf(a.mark) - marks.indexOf(b.mark);

const { None, VncAuth, VeNCrypt } = SecurityTypeNumber;

function judgeTypes(seen: Observations, add: Add): void {
  const { types, subtypes } = seen;
  // Xvnc's VeNCrypt list has the classic types too: they are as clear there.
  const all = new Set([...types, ...subtypes]);
  const older = (['3.7', '3.3'] as const).filter((version) =>
    seen.versions[version].types.some((type) => !types.includes(type)),
  );
  for (const version of older) {
    const more = seen.versions[version].types.filter((type) => !types.includes(type));
    add(
      'weaker-for-older',
      'warn',
      `a viewer that says it speaks RFB ${version} is offered ${securityTypeNames(more)} instead`,
      { fix: 'offer nothing but VeNCrypt, which RFB 3.3 cannot carry', remedy: 'verified-tls' },
    );
    for (const type of more) all.add(type);
  }
  judgeClear(all, add);
  const anonymous = [...all].filter((number) => isAnonymous(number) || number === OLD_TLS_TYPE);
  if (anonymous.length > 0)
    add(
      'anonymous-tls',
      'warn',
      `${securityTypeNames(anonymous)}: encrypted, but with nothing to tell the server by, so that anyone between can pose as it`,
      { fix: 'offer the X509 sub-types instead', remedy: 'verified-tls' },
    );
  if ([...all].some((number) => rsaAesTypes.includes(number)))
    add('rsa-aes', 'warn', 'RSA-AES: encrypted, with a key that people must compare by eye', {
      fix: 'offer the X509 sub-types, whose certificates viewers check',
      remedy: 'verified-tls',
    });
  judgeOrder(seen, add);
}

function judgeClear(all: ReadonlySet<number>, add: Add): void {
  if (all.has(None))
    add('open-in-clear', 'bad', 'None: whoever can connect is let in, and everything is in clear', {
      fix: 'ask for a login, inside TLS',
      remedy: 'verified-tls',
    });
  if (all.has(VeNCryptSubtype.Plain))
    add('password-in-clear', 'bad', 'Plain without TLS: name and password can be read on the way', {
      fix: 'offer X509Plain in its place',
      remedy: 'verified-tls',
    });
  if (all.has(VncAuth))
    add(
      'vnc-password-without-tls',
      'bad',
      'VncAuth without TLS: the password (8 bytes, DES) can be guessed from what is heard, and all else is in clear',
      { fix: 'offer X509Vnc in its place', remedy: 'verified-tls' },
    );
  const others = [...all].filter((number) => clearLoginTypes.includes(number));
  if (others.length > 0)
    add(
      'login-without-tls',
      'bad',
      `${securityTypeNames(others)}: after the login, screen and keys go over in clear`,
      { fix: 'offer the X509 sub-types instead', remedy: 'verified-tls' },
    );
  const known = [None, VncAuth, VeNCrypt, OLD_TLS_TYPE, ...clearLoginTypes, ...rsaAesTypes];
  const unknown = [...all].filter((number) => number < 256 && !known.some((n) => n === number));
  if (unknown.length > 0)
    add('unknown-type', 'info', `${securityTypeNames(unknown)}: not known here, and not judged`);
}

/** TigerVNC and libvncclient take the first that they know. */
function judgeOrder({ types, subtypes }: Observations, add: Add): void {
  const flat = types.flatMap((type) => (type === VeNCrypt ? subtypes : [type]));
  const best = flat.findIndex(isX509);
  const before = best < 0 ? [] : flat.slice(0, best);
  if (before.length > 0)
    add(
      'weaker-first',
      'warn',
      `${securityTypeNames(before)} stands before ${securityTypeName(flat[best] ?? 0)}, and most viewers take the first that they know`,
      { fix: 'put the X509 sub-types first, or offer them alone', remedy: 'verified-tls' },
    );
  if (subtypes.length > 20)
    add('too-many-subtypes', 'warn', `${subtypes.length} sub-types: gtk-vnc gives up above 20`, {
      fix: 'offer fewer',
    });
}

function judgeConduct(seen: Observations, add: Add): void {
  const { unofferedNone, silentClient, greeting, versions, turnedAway } = seen;
  if (unofferedNone.outcome === 'accepted')
    add(
      'unoffered-none',
      'bad',
      'a viewer that chooses None is let in without a login, although None is not offered',
      {
        fix: 'update it (neatvnc and wayvnc: CVE-2024-42458), and keep it off networks until then',
      },
    );
  if (unofferedNone.outcome === 'refused')
    add('none-refused', 'ok', 'a viewer that chooses None, which is not offered, is refused');
  if (versions['3.8'].outcome !== 'accepted')
    add(
      'old-rfb',
      'warn',
      `RFB ${greeting.version} is the newest that it speaks: no reasons for failures`,
      {
        fix: 'update it; VeNCrypt needs 3.7, and 3.8 is from 2007',
      },
    );
  if (greeting.afterMs > 1300)
    add(
      'slow-greeting',
      'warn',
      `it greets after ${(greeting.afterMs / 1000).toFixed(1)} s; gtk-vnc (virt-viewer) gives up at 2 s`,
      {
        fix: 'x11vnc -ssl waits for vncs:// viewers first, whatever its options: serve it through another server',
      },
    );
  if (silentClient.outcome !== 'not checked')
    add(
      'silent-client',
      'info',
      silentClient.outcome === 'closed'
        ? `a client that says nothing is cut off after ${(silentClient.afterMs / 1000).toFixed(1)} s`
        : `a client that says nothing is still connected after ${(silentClient.afterMs / 1000).toFixed(1)} s`,
    );
  if (turnedAway !== undefined)
    add(
      'turned-away',
      'warn',
      `not everything could be checked: after ${seen.connections} connections it turned us away (${turnedAway})`,
      { fix: 'wait a minute, and ask again; Xvnc: -UseBlacklist=0 meanwhile' },
    );
}
