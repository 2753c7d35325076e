import { KeywrightError } from '../core/model/errors.js';

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EFBIG: 'the file would be longer than allowed',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a directory',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or directory',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
};

/** Makes an error from a system error and the file's name: `cannot write /x: no space is left on the device`. */
export function ioError(action: string, path: string, error: unknown): KeywrightError {
  if (error instanceof KeywrightError) return error;
  const reason = REASONS[systemCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
  return new KeywrightError('io', `cannot ${action} ${path}: ${reason}`, { cause: error });
}

/** Finds the system's code, such as `ENOENT`; undefined if the error is not the operating system's. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
