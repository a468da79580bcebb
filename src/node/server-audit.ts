/** Every problem of the certificates that a running VNC server shows, for `sallyport cert check`. */
import { ErrorCode, SecurityError } from '../core/errors.ts';
import type { Address } from './address.ts';
import { loadAuthorities } from './authority-files.ts';
import { describeCertificate, type CertificateDescription } from './certificate-description.ts';
import { auditChain, type Problem } from './chain-audit.ts';
import { fetchCertificates } from './fetch-certificates.ts';

export interface ServerAuditOptions {
  /** What people call it: begins sentences. */
  readonly source: string;
  /** Names and addresses that viewers connect to. Default: the address itself. */
  readonly hosts?: readonly string[];
  /** Authority that should have signed it. */
  readonly caFile?: string;
  readonly timeoutMs?: number;
}

export interface ServerAudit {
  readonly problems: readonly Problem[];
  /** Absent when it showed no certificate. */
  readonly certificate?: CertificateDescription;
  readonly protocol?: string;
  readonly cipher?: string;
}

/** Rejects with ClosedError or TimeoutError when nobody answers, with SecurityError for a CA file that cannot be used. */
export async function auditServer(
  address: Address,
  { source, hosts = [], caFile, timeoutMs }: ServerAuditOptions,
): Promise<ServerAudit> {
  const own = address.kind === 'tcp' ? address.host : 'localhost';
  const [serverName = own] = hosts;
  const authorities =
    caFile === undefined ? undefined : await loadAuthorities({ caFile }, { purpose: 'client' });
  let fetched;
  try {
    const timeout = timeoutMs === undefined ? {} : { timeoutMs };
    fetched = await fetchCertificates(address, { serverName, ...timeout });
  } catch (error) {
    if (error instanceof SecurityError) return { problems: [handshakeProblem(source, error)] };
    throw error;
  }
  const { chain, protocol, cipher } = fetched;
  const problems = auditChain(chain, {
    source,
    purpose: 'server',
    hosts: hosts.length === 0 ? [own] : hosts,
    renew: 'there: sallyport cert renew server',
    ...(caFile === undefined || authorities === undefined
      ? {}
      : { authorities: { source: caFile, certificates: authorities.certificates } }),
  });
  if (authorities === undefined)
    problems.push({
      level: 'note',
      message: 'no authority was named, so that nothing says whether this is the right server',
      fix: '--ca FILE, or compare the SHA-256 with what the server shows when it starts',
    });
  if (/^(SSL|TLSv1(\.1)?$)/.test(protocol))
    problems.push({
      level: 'error',
      message: `${source} speaks no newer TLS than ${protocol}, which viewers refuse`,
      fix: 'let it speak TLS 1.2 or 1.3',
    });
  const [leaf] = chain;
  return {
    problems,
    ...(leaf === undefined ? {} : { certificate: describeCertificate(leaf) }),
    protocol,
    cipher,
  };
}

function handshakeProblem(source: string, error: SecurityError): Problem {
  const message = `${source}: ${error.message}`;
  return error.code === ErrorCode.noCommonType
    ? { level: 'error', message, fix: 'offer X509Vnc, X509Plain or X509None there' }
    : { level: 'error', message };
}
