// Numbers as people read them. The server counts money in millionths of a currency that only its owner knows.

const tokens = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const large = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** `1200` -> `1.2K`. */
export const compact = (count) => tokens.format(count);

/** Millionths as units: `1500` -> `0.0015`. */
export function units(millionths) {
  const amount = millionths / 1_000_000;
  return amount < 1 ? small.format(amount) : large.format(amount);
}
