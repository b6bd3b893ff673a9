/** Signs tokens: with the provider's key pair when it has one, else with the secret that it shares with its client. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import type { Json } from '../json.ts';
import { text } from '../json.ts';
import type { Row } from '../model.ts';

const KEY_ID = 'stand-in';
let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;

/** One for all stand-ins of a process: making it takes a while. */
function keyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return (pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
}

const hasKey = (provider: Row): boolean => typeof provider.values.signing_key === 'string';

export const algorithmOf = (provider: Row): 'RS256' | 'HS256' => (hasKey(provider) ? 'RS256' : 'HS256');

export async function sign(claims: JWTPayload, provider: Row): Promise<string> {
  const alg = algorithmOf(provider);
  const header = { alg, typ: 'JWT', ...(alg === 'RS256' ? { kid: KEY_ID } : {}) };
  return new SignJWT(claims)
    .setProtectedHeader(header)
    .sign(alg === 'RS256' ? keyPair().privateKey : new TextEncoder().encode(text(provider.values.client_secret)));
}

/** What a client checks signatures with; nothing for a provider without a key pair. */
export async function publicKeys(provider: Row): Promise<Json> {
  if (!hasKey(provider)) return {};
  const { kty = '', n = '', e = '' } = await exportJWK(keyPair().publicKey);
  return { keys: [{ alg: 'RS256', kid: KEY_ID, kty, use: 'sig', n, e }] };
}
