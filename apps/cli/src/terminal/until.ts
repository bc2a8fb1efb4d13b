/**
 * An instant as a person reads it: `until 14:32 (in 4 hours)`, local time; with the date when it is not today.
 *
 * @param instant milliseconds since the epoch
 */
export function until(instant: number, now: number): string {
  return `until ${timeOf(instant, now)} (${remaining(instant - now)})`;
}

/** An instant as a person reads it: `14:32`, local time; with the date when it is not today. */
export function timeOf(instant: number, now: number): string {
  const then = new Date(instant);
  const time = `${pad(then.getHours())}:${pad(then.getMinutes())}`;
  const today = then.toDateString() === new Date(now).toDateString();
  const date = today ? "" : `${then.getFullYear()}-${pad(then.getMonth() + 1)}-${pad(then.getDate())} `;
  return `${date}${time}`;
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}

/**
 * What is left, as short as it can be said: `23 min`, `5 h`, `3 days`.
 *
 * @param milliseconds more than 0
 */
export function shortly(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) {
    return "< 1 min";
  }
  const hours = Math.round(minutes / 60);
  return minutes < 90 ? `${minutes} min` : hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function remaining(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes <= 0) {
    return milliseconds > 0 ? "in less than a minute" : "over";
  }
  if (minutes < 90) {
    return `in ${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
  }
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `in ${hours} hours` : `in ${Math.round(hours / 24)} days`;
}
