import type { Duplex } from 'node:stream';

/** Destroys a stream that announces a packet longer than `maxBytes`, before the packet is read. MQTT 3.1.1 section 2.2. */
export function limitPackets(stream: Duplex, maxBytes: number): void {
  const announced = packetMeter();
  const read = stream.read.bind(stream);
  stream.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk !== null && announced(chunk) > maxBytes) {
      stream.destroy();
      return null;
    }
    return chunk;
  };
}

/** Follows packets through chunks of any size; each call gives the longest length announced so far in the chunk. */
function packetMeter(): (chunk: Buffer) => number {
  let toSkip = 0;
  let lengthOctets = -1; // before the first octet of a packet
  let length = 0;
  return (chunk) => {
    let longest = 0;
    for (let index = 0; index < chunk.length; ) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - index);
        toSkip -= skipped;
        index += skipped;
        continue;
      }
      const octet = chunk[index] ?? 0;
      index += 1;
      lengthOctets += 1;
      if (lengthOctets === 0) continue;
      length += (octet & 0x7f) * 128 ** (lengthOctets - 1);
      longest = Math.max(longest, length);
      if (octet < 0x80 || lengthOctets === 4) {
        toSkip = length;
        lengthOctets = -1;
        length = 0;
      }
    }
    return longest;
  };
}
