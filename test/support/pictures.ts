import { crc32, deflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';

/** Does something with pictures where there is something that can read them: in an empty page of a browser. */
function inPage<T>(page: Page, script: string, ...pictures: readonly Buffer[]): Promise<T> {
  const told = pictures.map((picture) => picture.toString('base64'));
  return page.evaluate<T>(`(${script})(...${JSON.stringify(told)})`);
}

/**
 * What two pictures have in common: their sizes, and the share of what is drawn, by parts as large as some letters, that is
 * brighter or darker.
 */
export function compare(
  page: Page,
  one: Buffer,
  other: Buffer,
): Promise<{ readonly sizes: readonly string[]; readonly different: number }> {
  return inPage(page, COMPARE, one, other);
}

interface Indexed {
  readonly width: number;
  readonly height: number;
  readonly palette: readonly (readonly [number, number, number])[];
  /** In base64, a byte for each pixel. */
  readonly pixels: string;
}

/** Makes a picture small: with 256 colours, the most frequent ones. PNG specification, sections 5.3, 11.2.1 and 11.2.2 */
export async function smaller(page: Page, picture: Buffer): Promise<Buffer> {
  const { width, height, palette, pixels } = await inPage<Indexed>(page, INDEX, picture);
  const bytes = Buffer.from(pixels, 'base64');
  // Each line begins with the byte that says that it is not filtered.
  const lines = Array.from({ length: height }, (_, row) =>
    Buffer.concat([Buffer.of(0), bytes.subarray(row * width, (row + 1) * width)]),
  );
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(Buffer.concat(lines), { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

// What runs in the page is a text: the types of this program are not those of a browser.
const DRAW = `async (base64, part) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + base64;
  await image.decode();
  const [width, height] = [Math.round(image.width / part), Math.round(image.height / part)];
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data, size: image.width + 'x' + image.height };
}`;

const COMPARE = `async (...pictures) => {
  const drawn = await Promise.all(pictures.map((each) => (${DRAW})(each, 20)));
  const [one, other] = drawn.map(({ data, width, height }) =>
    Array.from({ length: width * height }, (_, at) => data[4 * at] * 0.3 + data[4 * at + 1] * 0.6 + data[4 * at + 2] * 0.1));
  const counts = new Map();
  for (const cell of one) counts.set(Math.round(cell), (counts.get(Math.round(cell)) ?? 0) + 1);
  const [[ground]] = [...counts].sort(([, few], [, many]) => many - few);
  // Where both are empty there is nothing to compare.
  const drawnOn = one.map((_, at) => at).filter((at) => Math.abs(one[at] - ground) > 6 || Math.abs(other[at] - ground) > 6);
  const different = drawnOn.filter((at) => Math.abs(one[at] - other[at]) > 8).length / Math.max(1, drawnOn.length);
  return { sizes: drawn.map(({ size }) => size), different };
}`;

const INDEX = `async (picture) => {
  const { data, width, height } = await (${DRAW})(picture, 1);
  const colours = Array.from({ length: width * height }, (_, at) => (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2]);
  const counts = new Map();
  for (const each of colours) counts.set(each, (counts.get(each) ?? 0) + 1);
  const palette = [...counts].sort((one, other) => other[1] - one[1]).slice(0, 256).map(([colour]) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  const nearest = new Map([...counts.keys()].map((colour) => {
    const distances = palette.map(([red, green, blue]) => (red - (colour >> 16)) ** 2 + (green - ((colour >> 8) & 255)) ** 2 + (blue - (colour & 255)) ** 2);
    return [colour, distances.indexOf(Math.min(...distances))];
  }));
  let text = '';
  for (const each of colours) text += String.fromCharCode(nearest.get(each));
  return { width, height, palette, pixels: btoa(text) };
}`;
