/** `--layout`: the keyboard that what is typed and pressed is for. */
import { Option } from 'commander';
import { layoutNames, parseLayoutName } from '../client/automation/layouts/registry.ts';
import { reads } from './reads.ts';

export const layoutOption = (): Option =>
  new Option(
    '--layout <NAME>',
    `keyboard of the server's side: ${layoutNames.join(', ')} (default: us, and Unicode for the rest)`,
  ).argParser(reads(parseLayoutName));
