/** `sallyport doctor`: looks at a VNC server from outside, and says what protects it, what is wrong, and what to do. */
import { Command } from 'commander';
import { examine } from '../node/doctor/examine.ts';
import { judge } from '../node/doctor/judge.ts';
import { parseTarget } from '../node/target.ts';
import { asked } from './cert-options.ts';
import { print, printJson } from './cert-text.ts';
import { doctorLines } from './doctor-text.ts';
import { ExitCode, step } from './failure.ts';
import { terminalStyle } from './terminal-text.ts';

interface DoctorOptions {
  readonly ca?: string;
  readonly host?: string;
  readonly json?: true;
}

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('look at any VNC server from outside: what protects it, what is wrong, what to do')
    .argument('<URL>', 'vnc://HOST[:PORT], HOST:DISPLAY, HOST::PORT or unix:/PATH')
    .option('--ca <FILE>', 'authority that should have signed its certificate')
    .option('--host <NAME>', 'name or address that viewers connect to; default: that of the URL')
    .option('--json', 'all that was seen, and the judgement, for programs')
    .addHelpText(
      'after',
      `
A dozen connections, one after the other; no password is ever sent. Ask it only of servers that are yours.
Exit codes: 0 for the grades A and B, 1 for C and below, 5 where nobody answers. See docs/doctor.md.`,
    )
    .action(runDoctor);

async function runDoctor(url: string, options: DoctorOptions): Promise<void> {
  const seen = await asked(async () => {
    const place = parseTarget(url);
    if (place.kind === 'websocket')
      throw new TypeError(
        'doctor looks at VNC servers themselves, not at what is behind WebSockets',
      );
    const { address } = place;
    return step(ExitCode.Display, () =>
      examine(address, {
        target: url,
        ...(options.host === undefined ? {} : { hosts: [options.host] }),
        ...(options.ca === undefined ? {} : { caFile: options.ca }),
      }),
    );
  });
  const judgement = judge(seen);
  if (judgement.grade > 'B') process.exitCode = ExitCode.Runtime;
  if (options.json === true) printJson({ ...judgement, seen });
  else print(doctorLines(seen, judgement, terminalStyle(process.stdout, process.env)));
}
