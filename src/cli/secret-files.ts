/** Passwords and users from the files that options name, as stores to log in against, which can be read again. */
import { isDeepStrictEqual } from 'node:util';
import { PasswordStore } from '../access/passwords.ts';
import { UserStore } from '../access/users.ts';
import { readPasswordFile } from '../node/password-file.ts';
import type { Reloadable } from '../node/reload.ts';
import { nodeScrypt, readUsersFile } from '../node/users-file.ts';

/** A store, and what the file's reader thought of it. */
export interface Loaded<T> {
  readonly value: T;
  readonly warnings: readonly string[];
  readonly reloadable: Reloadable;
}

export async function loadPasswords(file: string): Promise<Loaded<PasswordStore>> {
  const read = async (): Promise<[full: string, view: string | undefined, string[]]> => {
    const { full, view, warnings } = await readPasswordFile(file);
    return [full.reveal(), view?.reveal(), [...warnings]];
  };
  let [full, view, warnings] = await read();
  const store = new PasswordStore();
  const put = (): void => {
    store.set('full', full);
    if (view === undefined) store.clear('view');
    else store.set('view', view);
  };
  put();
  const reload: Reloadable['reload'] = async () => {
    const [newFull, newView, newWarnings] = await read();
    // A password that was set otherwise meanwhile stays, unless the file has another one now.
    const changed = newFull !== full || newView !== view;
    [full, view, warnings] = [newFull, newView, newWarnings];
    if (changed) put();
    return { changed, warnings };
  };
  return { value: store, warnings, reloadable: { name: 'password', reload } };
}

export async function loadUsers(file: string): Promise<Loaded<UserStore>> {
  let { users, warnings } = await readUsersFile(file);
  const store = new UserStore(users, { scrypt: nodeScrypt });
  const reload: Reloadable['reload'] = async () => {
    const before = users;
    ({ users, warnings } = await readUsersFile(file));
    const changed = !isDeepStrictEqual(before, users);
    if (changed) store.replace(users);
    return { changed, warnings };
  };
  return { value: store, warnings, reloadable: { name: 'users', reload } };
}
