// Other work goes on between pieces of so long.
const PIECE_MS = 4;
// Looking at the time costs as much as looking at a record.
const LOOK_EVERY = 16;

/**
 * Cuts a long look at records into pieces: call what it returns for each record, and wait for what that gives, if anything.
 * @param breathe resolves after other work had its turn
 */
export function inPieces(breathe: () => Promise<void>): () => Promise<void> | undefined {
  let [looked, begun] = [0, performance.now()];
  const next = async () => {
    await breathe();
    begun = performance.now();
  };
  return () => {
    looked += 1;
    return looked % LOOK_EVERY === 0 && performance.now() - begun > PIECE_MS ? next() : undefined;
  };
}
