/** `sallyport cert export`: a pair as one file for a browser. */
import { Secret } from '../core/secret.ts';
import { exportPair } from '../node/pair-export.ts';
import { readSecretFile } from '../node/password-file.ts';
import { asked, directoryOf, type ExportOptions } from './cert-options.ts';
import { print, shownPath } from './cert-text.ts';
import { generatePassword } from './generated-password.ts';

/** 99 bits: whoever finds the file may try as often as they like. */
const GENERATED_LENGTH = 20;
const SHORT_LENGTH = 12;

export async function runExport(name: string, options: ExportOptions): Promise<void> {
  const { p12, passwordFile } = options;
  const { password, lines } = await asked(async () => {
    if (passwordFile === undefined) {
      const made = generatePassword(GENERATED_LENGTH);
      return { password: new Secret(made), lines: [`  password  ${made}`] };
    }
    const { secret, warnings } = await readSecretFile(passwordFile);
    return { password: secret, lines: warnings.map((warning) => `  warning: ${warning}`) };
  });
  const entry = await asked(() => exportPair(directoryOf(options), name, p12, password));
  if (password.reveal().length < SHORT_LENGTH)
    lines.push(
      `  warning: the password is short, and whoever gets the file may guess without end; ${SHORT_LENGTH} characters are a beginning`,
    );
  print([
    `The pair of the ${entry.kind} ${entry.name} with its authority, in ${shownPath(p12)}`,
    ...lines,
    '',
    'Import it where certificates are kept: in Firefox under Settings, Privacy and Security, View Certificates,',
    'Your Certificates; in Chromium under Settings, Privacy and security, Security, Manage certificates.',
  ]);
}
