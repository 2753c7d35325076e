import { execa } from 'execa';
import { expect, it } from 'vitest';
import { PROGRAM, workshop } from '../support/keywright.js';

// A terminal that hangs up once the question is there; what is said then goes to a file.
const HANG_UP = `
import os, pty, subprocess, sys, tempfile, time
terminal, inside = pty.openpty()
said = tempfile.TemporaryFile()
program = subprocess.Popen(sys.argv[2:], stdin=inside, stdout=inside, stderr=said, start_new_session=True)
os.close(inside)
while sys.argv[1].encode() not in os.pread(said.fileno(), 4096, 0) and program.poll() is None: time.sleep(0.02)
os.close(terminal)
print(program.wait())
print(os.pread(said.fileno(), 65536, 0).decode())
`;

it.each([
  ['Password', ['user', 'add', 'ann']],
  ['Label', ['register', 'token']],
])('a terminal that hangs up at the question %s cancels the command', async (question, args) => {
  const { home } = await workshop();
  const { stdout } = await execa('python3', ['-c', HANG_UP, question, process.execPath, PROGRAM, ...args], {
    env: { KEYWRIGHT_HOME: home },
  });
  const [exitCode, ...said] = stdout.split('\n');
  expect([exitCode, said.join('\n')]).toEqual(['1', expect.stringMatching(/keywright: cancelled\s*$/)]);
  expect(stdout).not.toMatch(/assert|stack|^ +at /im);
});
