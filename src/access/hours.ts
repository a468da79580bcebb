/**
 * Times of the week in access rules: `Mon-Fri 08:00-18:00`, `Sat,Sun 10:00-16:00 Europe/Berlin`, `daily 22:00-06:00 UTC`.
 * A span that ends before it begins goes past midnight, and its days are those on which it begins. Without a zone the
 * machine's own is meant.
 */

export interface Hours {
  readonly text: string;
  readonly includes: (atMs: number) => boolean;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const DAY_MINUTES = 24 * 60;

/** Throws TypeError with a sentence that quotes the text. */
export function parseHours(text: string): Hours {
  const [, days, from, to, zone] =
    /^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)(?:\s+(\S+))?$/.exec(text.trim()) ?? [];
  if (days === undefined || from === undefined || to === undefined)
    throw bad(
      text,
      'does not read DAYS HH:MM-HH:MM [ZONE], such as Mon-Fri 08:00-18:00 Europe/Berlin',
    );
  const onDays = parseDays(days, text);
  const [start, end] = [parseMinutes(from, text), parseMinutes(to, text)];
  if (start === end || start === DAY_MINUTES)
    throw bad(text, 'is empty; the whole day is 00:00-24:00');
  const clock = clockOf(zone, text);
  return {
    text,
    includes: (atMs) => {
      const { day, minutes } = clock(atMs);
      if (start < end) return onDays.has(day) && minutes >= start && minutes < end;
      return (onDays.has(day) && minutes >= start) || (onDays.has((day + 6) % 7) && minutes < end);
    },
  };
}

function parseDays(text: string, whole: string): ReadonlySet<number> {
  if (text.toLowerCase() === 'daily') return new Set(DAYS.keys());
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const [from, to] = [dayOf(first), dayOf(last)];
    if (from < 0 || to < 0 || more.length > 0)
      throw bad(whole, `has the days "${part}"; days are ${DAYS.join(' ')}, Mon-Fri, or daily`);
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return days;
}

const dayOf = (name: string): number =>
  DAYS.findIndex((day) => day.toLowerCase() === name.toLowerCase());

function parseMinutes(text: string, whole: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  const minutes = hour * 60 + minute;
  if (minute > 59 || minutes > DAY_MINUTES)
    throw bad(whole, `has ${text}, which is no time of day`);
  return minutes;
}

/** Reads a moment as a clock on the wall there does. */
function clockOf(
  zone: string | undefined,
  whole: string,
): (atMs: number) => { readonly day: number; readonly minutes: number } {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(zone === undefined ? {} : { timeZone: zone }),
    });
  } catch {
    throw bad(whole, `has the zone "${zone}", which is not known here; write UTC or Europe/Berlin`);
  }
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      day: dayOf(parts.get('weekday') ?? ''),
      minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    };
  };
}

const bad = (text: string, why: string): TypeError =>
  new TypeError(`hours ${JSON.stringify(text)} ${why}`);
