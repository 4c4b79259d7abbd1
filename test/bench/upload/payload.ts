// The bytes that every PATCH body is made of; its first eight are then replaced by its offset, a double.

/** 8 MiB in which no two aligned words are alike. */
export const payload: Buffer = Buffer.from(
  Uint32Array.from({ length: 2 ** 21 }, (_, n) => Math.imul(n + 1, 0x9e3779b1)).buffer,
)
