import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProxyHeader } from '../../src/network/proxy-header.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const v2 = (rest: string) => Buffer.from(SIGNATURE + rest.replaceAll(' ', ''), 'hex');
const text = (line: string) => Buffer.from(line, 'latin1');

const IPV4 = v2('21 11 000c c0000207 0a000001 d903 1f90');
const IPV6 = v2('21 21 0024 20010db8000000000000000000000007 00000000000000000000000000000001 d903 1f90');
const DEVICE = { address: '192.0.2.7', port: 55_555, family: 'IPv4' };
const DEVICE6 = { address: '2001:db8::7', port: 55_555, family: 'IPv6' };
const LONGEST_UNKNOWN = `PROXY UNKNOWN ${'x'.repeat(91)}\r\n`;

const GOOD: [string, Buffer, object | undefined][] = [
  ['TCP4', text('PROXY TCP4 192.0.2.7 10.0.0.1 55555 8080\r\n'), DEVICE],
  ['TCP6', text('PROXY TCP6 2001:0DB8::0007 ::1 55555 8080\r\n'), DEVICE6],
  [
    'the longest TCP6',
    text(
      'PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n',
    ),
    { address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', port: 65_535, family: 'IPv6' },
  ],
  ['UNKNOWN', text('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN with what is ignored', text('PROXY UNKNOWN 192.0.2.7 whatever \xff\r\n'), undefined],
  ['the longest UNKNOWN', text(LONGEST_UNKNOWN), undefined],
  ['version 2 over IPv4', IPV4, DEVICE],
  ['version 2 over IPv6', IPV6, DEVICE6],
  [
    'version 2 with TLVs behind the addresses',
    v2('21 11 0013 c0000207 0a000001 d903 1f90 04 0004 00000000'),
    DEVICE,
  ],
  ['version 2 LOCAL', v2('20 00 0000'), undefined],
  ['version 2 LOCAL with a block and a family that are discarded', v2('20 ff 0003 aabbcc'), undefined],
  ['version 2 UNSPEC', v2('21 00 0000'), undefined],
  ['version 2 of a family without a protocol', v2('21 10 000c c0000207 0a000001 d903 1f90'), undefined],
  ['version 2 over UDP', v2('21 12 000c c0000207 0a000001 d903 1f90'), undefined],
  ['version 2 over UNIX', v2(`21 31 00d8 ${'2f'.repeat(216)}`), undefined],
  ['the longest of version 2', v2(`21 11 0800 c0000207 0a000001 d903 1f90 ${'00'.repeat(2036)}`), DEVICE],
];

const BAD: [string, Buffer, string][] = [
  ['HTTP', text('GET / HTTP/1.1\r\n'), 'there is none'],
  ['MQTT', Buffer.from('100c00044d515454', 'hex'), 'there is none'],
  ['TLS', Buffer.from('1603010200', 'hex'), 'there is none'],
  ['lower case', text('proxy TCP4 '), 'there is none'],
  ['no blank behind PROXY', text('PROXY\r\n'), 'there is none'],
  ['two blanks', text('PROXY  TCP4 192.0.2.7 10.0.0.1 1 2\r\n'), 'its line is malformed'],
  ['another family', text('PROXY TCP5 192.0.2.7 10.0.0.1 1 2\r\n'), 'its line is malformed'],
  ['UNKNOWN in a longer word', text('PROXY UNKNOWNS\r\n'), 'its line is malformed'],
  ['an IPv6 address in TCP4', text('PROXY TCP4 ::1 ::1 1 2\r\n'), 'its line is malformed'],
  ['an IPv4 address in TCP6', text('PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n'), 'its line is malformed'],
  ['heading zeroes', text('PROXY TCP4 192.0.2.07 10.0.0.1 1 2\r\n'), 'its line is malformed'],
  ['a bad destination', text('PROXY TCP4 192.0.2.7 10.0.0 1 2\r\n'), 'its line is malformed'],
  ['a zone', text('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'), 'its line is malformed'],
  ['a host name', text('PROXY TCP4 localhost 10.0.0.1 1 2\r\n'), 'its line is malformed'],
  ['a port too high', text('PROXY TCP4 192.0.2.7 10.0.0.1 65536 2\r\n'), 'its line is malformed'],
  ['a port with a zero ahead', text('PROXY TCP4 192.0.2.7 10.0.0.1 01 2\r\n'), 'its line is malformed'],
  ['a sign', text('PROXY TCP4 192.0.2.7 10.0.0.1 +1 2\r\n'), 'its line is malformed'],
  ['no ports', text('PROXY TCP4 192.0.2.7 10.0.0.1\r\n'), 'its line is malformed'],
  ['a blank at the end', text('PROXY TCP4 192.0.2.7 10.0.0.1 1 2 \r\n'), 'its line is malformed'],
  ['LF alone', text('PROXY TCP4 192.0.2.7 10.0.0.1 1 2\n'), 'its line does not end in CRLF'],
  ['CR alone', text('PROXY TCP4 192.0.2.7 10.0.0.1 1 2\rG'), 'its line does not end in CRLF'],
  ['LF alone in UNKNOWN', text('PROXY UNKNOWN x\ny\r\n'), 'its line does not end in CRLF'],
  ['108 bytes', text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), 'its line does not end in CRLF'],
  ['107 bytes without an end', text(`PROXY UNKNOWN ${'x'.repeat(93)}`), 'its line has more than 107 bytes'],
  ['a broken signature', Buffer.from('0d0a0d0a000d0a515549540b', 'hex'), 'there is none'],
  ['version 1 in binary', v2('11 11 000c'), 'its version or command is not known'],
  ['version 3', v2('31'), 'its version or command is not known'],
  ['another command', v2('22'), 'its version or command is not known'],
  ['another family in binary', v2('21 41'), 'its address family or protocol is not known'],
  ['another protocol in binary', v2('21 13'), 'its address family or protocol is not known'],
  ['IPv4 in 11 bytes', v2('21 11 000b'), 'its addresses are cut short'],
  ['IPv6 in the length of IPv4', v2('21 21 000c'), 'its addresses are cut short'],
  ['UDP in 11 bytes', v2('21 12 000b'), 'its addresses are cut short'],
  ['UNIX in 215 bytes', v2('21 31 00d7'), 'its addresses are cut short'],
  ['2065 bytes', v2('21 11 0801'), 'it has more than 2064 bytes'],
  ['LOCAL with 64 KiB', v2('20 00 ffff'), 'it has more than 2064 bytes'],
];

describe('a PROXY protocol header', () => {
  it.each(GOOD)('of %s says who it is, and where it ends', (_, bytes, source) => {
    const complete = { outcome: 'complete', length: bytes.length, source };
    expect(parseProxyHeader(bytes)).toEqual(complete);
    expect(parseProxyHeader(Buffer.concat([bytes, text('\r\nPROXY GET')]))).toEqual(complete);
  });

  it.each(GOOD)('of %s is incomplete wherever it is cut', (_, bytes) => {
    for (let length = 0; length < bytes.length; length += 1)
      expect([length, parseProxyHeader(bytes.subarray(0, length))]).toEqual([
        length,
        { outcome: 'incomplete' },
      ]);
  });

  it.each(BAD)('is none of %s', (_, bytes, because) => {
    expect(parseProxyHeader(bytes)).toEqual({ outcome: 'invalid', because });
    // What was refused does not become good by what follows.
    const longer = Buffer.concat([bytes, Buffer.alloc(3000, '\r\n')]);
    expect(parseProxyHeader(longer)).toEqual({ outcome: 'invalid', because });
  });

  it('is never more than its own bytes, whatever they are', () => {
    const beginnings = fc.constantFrom(
      Buffer.alloc(0),
      text('PROXY '),
      text('PROXY TCP4 '),
      v2(''),
      v2('2111'),
    );
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
        const bytes = Buffer.concat([beginning, rest]);
        const header = parseProxyHeader(bytes);
        if (header.outcome !== 'complete') return;
        expect(header.length).toBeLessThanOrEqual(bytes.length);
        expect(parseProxyHeader(bytes.subarray(0, header.length))).toEqual(header);
        expect(parseProxyHeader(bytes.subarray(0, header.length - 1)).outcome).toBe('incomplete');
      }),
    );
  });
});
