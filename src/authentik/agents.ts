import { X509Certificate } from 'node:crypto';
import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { OperatorError } from '../runtime/errors.ts';

/** Connection pools for one Authentik. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Closes every connection, idle or not. */
  destroy(): void;
}

/**
 * Keep-alive pools of at most `maxSockets` connections each. The most recently used connection goes first (`lifo`), so that the others
 * can go idle and be closed. `caPem` is trusted besides the authorities that Node trusts anyway.
 * Throws `SecretInvalid` when `caPem` holds no certificate.
 */
export function createAgents(maxSockets: number, caPem?: string): Agents {
  const options: AgentOptions = { keepAlive: true, maxSockets, scheduling: 'lifo' };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent(caPem === undefined ? options : { ...options, secureContext: trusting(caPem) });
  return {
    httpAgent,
    httpsAgent,
    destroy: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** Parsed once: given as `ca`, some 150 certificates would be parsed again for every connection. */
function trusting(caPem: string): SecureContext {
  const certificates = caPem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  // OpenSSL passes over what it can't read, and the error would come with the first request and blame the server.
  if (certificates.length === 0 || !certificates.every(isCertificate)) {
    throw new OperatorError('SecretInvalid', 'caBundleRef must hold certificates in PEM form, and nothing broken among them.');
  }
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
