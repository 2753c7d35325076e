import { spawn } from 'node:child_process';
import { once } from 'node:events';

interface Place {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
}

/** Finds the program that opens an address for whoever sits at this machine; undefined if nobody can be told to. */
export function browserOpener({ platform, environment }: Place): string | undefined {
  if (platform === 'darwin') return environment.SSH_CONNECTION ? undefined : 'open';
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

/**
 * Opens an address in the browser, and does not wait for it. Other users of the machine can read the address.
 * @returns false if the opener could not be started
 */
export async function openBrowser(opener: string, url: string): Promise<boolean> {
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  try {
    await once(child, 'spawn');
    child.unref();
    return true;
  } catch {
    return false;
  }
}
