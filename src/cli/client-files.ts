import { X509Certificate } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { requireClient, withCertificates } from '../core/manage/clients.js';
import type { HandOver } from '../core/manage/issue-client.js';
import { KeywrightError } from '../core/model/errors.js';
import { certificateFingerprint } from '../core/verify/presentation.js';
import type { Home } from '../home/open-home.js';
import { type Replaceable, requireOwnFiles } from './file-owner.js';
import { type OutputFile, OutputFiles } from './output-files.js';

export interface ClientFiles<Issued> {
  readonly clientId: string;
  readonly prefix: string;
  /** The files that there will be. */
  readonly paths: readonly Replaceable[];
  /** True if the client's own files are replaced instead of refused. */
  readonly replace: boolean;
  /** What is the same in the same command given again. */
  readonly command: unknown;
  readonly contents: (issued: Issued) => readonly OutputFile[] | Promise<readonly OutputFile[]>;
  readonly certificate: (issued: Issued) => string;
}

/** The registration that files are for. */
interface Claim {
  readonly home: string;
  readonly clientId: string;
  readonly fingerprint: string;
}

/** Hands over what was issued to a client, in files under one prefix. */
export function handOverFiles<Issued>(
  { keyStore, directory }: Pick<Home, 'keyStore' | 'directory'>,
  { clientId, prefix, paths, replace, command, contents, certificate }: ClientFiles<Issued>,
): HandOver<Issued> {
  const isDone = async (claim: string) => {
    const { home, ...registered }: Claim = JSON.parse(claim);
    if (home !== (await realpath(directory))) throw ofAnotherHome(home, prefix);
    const certificates = await keyStore.certificates.ofClients([registered.clientId]);
    return certificates.some(
      ({ fingerprint, withdrawn, replaced }) =>
        fingerprint === registered.fingerprint && withdrawn === null && !replaced,
    );
  };
  const output = new OutputFiles({ prefix, command, isDone });
  let stop: AbortSignal | undefined;
  return {
    exclusively: (issue) =>
      output.exclusively(paths[0]?.path ?? prefix, {
        done: async () => ({
          ...(await withCertificates(keyStore, await requireClient(keyStore, clientId))),
          ...{ replaced: [], isCut: false },
        }),
        work: (signal) => {
          stop = signal;
          return issue();
        },
      }),
    check: () =>
      requireOwnFiles(paths, {
        clientId,
        replace,
        isClientKey: async (publicKey) =>
          (await keyStore.certificates.ofClients([clientId])).some(({ key }) => key?.publicKey === publicKey),
      }),
    deliver: async (issued) => {
      if (stop?.aborted) throw new KeywrightError('cancelled', 'cancelled');
      const fingerprint = certificateFingerprint(new X509Certificate(certificate(issued)));
      const claim: Claim = { home: await realpath(directory), clientId, fingerprint };
      await output.stage(await contents(issued));
      await output.seal(JSON.stringify(claim));
      return { keep: () => output.place(), takeBack: async () => void (await output.discard()) };
    },
  };
}

/** What is the same in the same command given again, whatever home and form of output it names. */
export function commandOf(
  name: string | undefined,
  args: unknown,
  { home: _, json: __, ...flags }: Readonly<Record<string, unknown>>,
): unknown {
  return [name, args, flags];
}

function ofAnotherHome(home: string, prefix: string): KeywrightError {
  return new KeywrightError(
    'already-exists',
    `a command that was killed left files for ${prefix} of the home ${home}`,
    {
      hint: `finish it with --home ${home}, or name another prefix with --output`,
    },
  );
}
