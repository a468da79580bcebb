/** Parsers of ours as commander wants them: what they throw becomes its sentence about the argument. */
import { InvalidArgumentError } from 'commander';
import { messageOf } from '../core/errors.ts';

export const reads =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
