/** The security types that `serve --access` offers when none are named: X.509 with whatever the file knows people by. */
import type { Policy } from '../access/compile-policy.ts';
import { parseSecurityList, type SecurityOffer } from '../security/policy.ts';
import { CommandFailure, ExitCode } from './failure.ts';

export function offerForPolicy({ users, passwords, certificates }: Policy): SecurityOffer {
  const names = [
    ...(users.length > 0 ? ['X509Plain'] : []),
    ...(passwords.length > 0 ? ['X509Vnc'] : []),
    ...(users.length + passwords.length === 0 && certificates !== 'unused' ? ['X509None'] : []),
  ];
  if (names.length === 0)
    throw new CommandFailure(
      ExitCode.Credentials,
      'the access file has no users, passwords or rules on certificates, so nobody could log in; --security None is for those who mean it',
    );
  return parseSecurityList(names.join(','));
}
