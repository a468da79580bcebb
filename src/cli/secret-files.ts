/** Passwords and users from the files that options name, as stores to log in against. */
import { PasswordStore } from '../access/passwords.ts';
import { UserStore } from '../access/users.ts';
import { readPasswordFile } from '../node/password-file.ts';
import { nodeScrypt, readUsersFile } from '../node/users-file.ts';

/** A store, and what the file's reader thought of it. */
export interface Loaded<T> {
  readonly value: T;
  readonly warnings: readonly string[];
}

export async function loadPasswords(file: string): Promise<Loaded<PasswordStore>> {
  const { full, view, warnings } = await readPasswordFile(file);
  const store = new PasswordStore();
  store.set('full', full.reveal());
  if (view !== undefined) store.set('view', view.reveal());
  return { value: store, warnings };
}

export async function loadUsers(file: string): Promise<Loaded<UserStore>> {
  const { users, warnings } = await readUsersFile(file);
  return { value: new UserStore(users, { scrypt: nodeScrypt }), warnings };
}
