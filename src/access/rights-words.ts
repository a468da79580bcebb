/** Rights as they are written in the access file, `full`, `view`, `none` or a list of their names, and sums of them. */
import { allRights, sameRights, viewOnlyRights, type Rights } from '../security/identity.ts';

export type RightName = keyof Rights;
export type RightsPreset = 'full' | 'view' | 'none';
/** What a file may say. */
export type RightsWords = RightsPreset | readonly RightName[];

export const rightNames: readonly RightName[] = Object.keys(allRights) as RightName[];

const noRights: Rights = rightsWhere(() => false);

export function rightsOf(words: RightsWords): Rights {
  switch (words) {
    case 'full':
      return allRights;
    case 'view':
      return viewOnlyRights;
    case 'none':
      return noRights;
    default:
      return rightsWhere((name) => words.includes(name));
  }
}

/** What both allow. */
export const commonRights = (a: Rights, b: Rights): Rights =>
  rightsWhere((name) => a[name] && b[name]);

export const hasNoRights = (rights: Rights): boolean => rightNames.every((name) => !rights[name]);

/** `full`, `view`, `none`, or the names. */
export function describeRights(rights: Rights): string {
  if (sameRights(rights, allRights)) return 'full';
  if (sameRights(rights, viewOnlyRights)) return 'view';
  return rightNames.filter((name) => rights[name]).join(', ') || 'none';
}

function rightsWhere(has: (name: RightName) => boolean): Rights {
  return Object.freeze({
    view: has('view'),
    pointer: has('pointer'),
    keyboard: has('keyboard'),
    clipboardIn: has('clipboardIn'),
    clipboardOut: has('clipboardOut'),
    resize: has('resize'),
    power: has('power'),
    exclusive: has('exclusive'),
  });
}
