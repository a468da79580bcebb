/** The password of a server that was started without one. */
import { randomInt } from 'node:crypto';

/** Letters and digits that are not taken for each other, on a screen or on paper: without 0 o, 1 i l. */
export const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
/** All that VNC authentication uses. */
export const PASSWORD_LENGTH = 8;

export const generatePassword = (length: number = PASSWORD_LENGTH): string =>
  Array.from({ length }, () => PASSWORD_ALPHABET.charAt(randomInt(PASSWORD_ALPHABET.length))).join(
    '',
  );
