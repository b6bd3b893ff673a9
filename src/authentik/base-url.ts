import { OperatorError } from '../runtime/errors.ts';

/**
 * Where an Authentik lives, without a trailing slash: `https://host/sub` for `https://host/sub/`.
 * Throws `InvalidSpec` for anything but a plain http or https address; a user name in it would end up in messages.
 */
export function parseBaseURL(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new OperatorError('InvalidSpec', 'The url of Authentik must start with http:// or https:// and name a host.');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new OperatorError('InvalidSpec', 'The url of Authentik must not hold a user name or password.');
  }
  return parsed.origin + parsed.pathname.replace(/\/+$/, '');
}

/** The same, or the text itself where it is no address: for comparing. */
export function baseURLOf(url: string): string {
  try {
    return parseBaseURL(url);
  } catch {
    return url;
  }
}
