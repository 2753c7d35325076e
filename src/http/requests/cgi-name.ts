/** Reads a header's name as CGI and its kin do, for which all characters but letters and digits are the same. @param name lower-case */
export function cgiName(name: string): string {
  return name.replace(/[^a-z0-9]/g, '-');
}
