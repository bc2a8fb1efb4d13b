/** An address as a number of so many bits. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/**
 * True for an address of a CIDR range; a range without a mask is one address.
 *
 * @returns `undefined` where the range, or the address, is none
 */
export function isInRange(address: string, range: string): boolean | undefined {
  const [network = "", mask, ...more] = range.split("/");
  const of = parseAddress(network);
  const found = parseAddress(address);
  if (of === undefined || found === undefined || more.length > 0 || (mask !== undefined && !/^\d{1,3}$/.test(mask))) {
    return undefined;
  }
  const prefix = mask === undefined ? of.bits : Number(mask);
  if (prefix > of.bits) {
    return undefined;
  }
  const shift = BigInt(of.bits - prefix);
  return of.bits === found.bits && of.value >> shift === found.value >> shift;
}

function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseVersion6(text) : parseVersion4(text);
}

function parseVersion4(text: string): Address | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parseVersion6(text: string): Address | undefined {
  const [, head = "", tail] = /^(.*?)(?:::(.*))?$/s.exec(text) ?? [];
  const before = groupsOf(head);
  const behind = tail === undefined ? [] : groupsOf(tail);
  if (before === undefined || behind === undefined) {
    return undefined;
  }
  const missing = 8 - before.length - behind.length;
  if (tail === undefined ? missing !== 0 : missing < 1) {
    return undefined;
  }
  const groups = [...before, ...Array.from({ length: Math.max(missing, 0) }, () => 0n), ...behind];
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

/** Sixteen bits each; an address of version 4 at the end is two of them. */
function groupsOf(text: string): readonly bigint[] | undefined {
  if (text === "") {
    return [];
  }
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes(".") ? parseVersion4(part) : undefined;
    if (embedded !== undefined) {
      groups.push(embedded.value >> 16n, embedded.value & 0xffffn);
    } else if (/^[\da-f]{1,4}$/i.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return undefined;
    }
  }
  return groups;
}
