const PUBACK_LENGTH = 4;
const PUBACK_HEAD = 0x40;

/**
 * Counts the messages that a receiver gets, all as long as the one sent (`template`), and acknowledges each at QoS 1, where
 * `idAt` says where its packet identifier is.
 */
export function countDeliveries(socket, { template, idAt, count, fail }) {
  const { length } = template;
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = Math.floor(octets.length / length);
    rest = octets.subarray(whole * length);
    if (whole === 0) return;
    for (let at = 0; at < whole * length; at += length) {
      if (octets[at] !== template[0]) return fail(new Error('another packet than the message was delivered'));
    }
    if (idAt !== undefined) socket.write(pubacks(octets, { whole, length, idAt }));
    count(whole);
  });
}

function pubacks(octets, { whole, length, idAt }) {
  const answer = Buffer.alloc(PUBACK_LENGTH * whole);
  for (let index = 0; index < whole; index += 1) {
    answer.writeUInt16BE((PUBACK_HEAD << 8) | 2, PUBACK_LENGTH * index);
    const id = index * length + idAt;
    octets.copy(answer, PUBACK_LENGTH * index + 2, id, id + 2);
  }
  return answer;
}

/** Counts the PUBACKs that a sender gets. */
export function countAcknowledgements(socket, { count, fail }) {
  let rest = 0;
  socket.on('data', (chunk) => {
    const first = (PUBACK_LENGTH - rest) % PUBACK_LENGTH;
    for (let at = first; at < chunk.length; at += PUBACK_LENGTH) {
      if (chunk[at] !== PUBACK_HEAD) return fail(new Error('another packet than PUBACK was answered'));
    }
    rest += chunk.length;
    const whole = Math.floor(rest / PUBACK_LENGTH);
    rest %= PUBACK_LENGTH;
    if (whole > 0) count(whole);
  });
}
