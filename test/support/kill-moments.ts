import { execa } from 'execa';
import { PROGRAM } from './keywright.js';

/** Kills commands after a part of their life, which is learnt from those that ended and those that did not. */
export function killMoments() {
  let lifeMs = 400;
  return {
    async run(
      part: number,
      args: readonly string[],
      { directory, home }: { readonly directory: string; readonly home: string },
    ): Promise<{ readonly isKilled: boolean }> {
      const started = performance.now();
      const child = execa(process.execPath, [PROGRAM, ...args], {
        cwd: directory,
        env: { KEYWRIGHT_HOME: home },
        reject: false,
      });
      const timer = setTimeout(() => child.kill('SIGKILL'), lifeMs * part);
      const { signal } = await child;
      clearTimeout(timer);
      const isKilled = signal === 'SIGKILL';
      if (!isKilled) lifeMs = performance.now() - started;
      else if (part >= 1) lifeMs *= 1.5;
      return { isKilled };
    },
  };
}
