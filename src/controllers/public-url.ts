/** A base URL without trailing slashes, so that two ways of writing it mean the same. */
export function publicBase(url: string): string {
  return url.replace(/\/+$/, '');
}
