import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readKubeconfig } from './kubeconfig.ts';

/** One request to the API server by a ServiceAccount, as the audit log has it. */
export interface ApiCall {
  readonly verb: string;
  /** Plural, with its subresource: `authentikflows/status`. Empty for what is no resource. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  /** Which of the account's tokens it was, as {@link credentialOf} names it. */
  readonly credential: string | undefined;
  readonly status: number;
  /** When it arrived. */
  readonly at: string;
}

const CREDENTIAL = 'authentication.kubernetes.io/credential-id';

/** Who is recorded: requests of ServiceAccounts, once each. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

const Entry = z.object({
  stage: z.string(),
  verb: z.string(),
  auditID: z.string(),
  requestReceivedTimestamp: z.string(),
  user: z.object({ username: z.string(), extra: z.record(z.string(), z.array(z.string())).optional() }),
  objectRef: z
    .object({
      resource: z.string().optional(),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
});

/** Where the audit log of the server lies whose data is in `folder`. */
export function auditFile(folder: string): string {
  return path.join(folder, 'logs', 'audit.log');
}

/** Every request by a ServiceAccount so far, in the order in which they arrived. A watch counts when it begins. */
export async function apiCalls(folder: string): Promise<readonly ApiCall[]> {
  const lines = (await readFile(auditFile(folder), 'utf8')).split('\n');
  // The last line may be half written.
  const entries = lines.slice(0, -1).map((line) => Entry.parse(JSON.parse(line)));
  const calls = new Map<string, ApiCall>();
  for (const { auditID, verb, user, objectRef, responseStatus, requestReceivedTimestamp } of entries) {
    if (calls.has(auditID)) continue;
    calls.set(auditID, {
      verb,
      resource: [objectRef?.resource, objectRef?.subresource].filter((part) => part !== undefined).join('/'),
      namespace: objectRef?.namespace,
      name: objectRef?.name,
      user: user.username,
      credential: user.extra?.[CREDENTIAL]?.[0],
      status: responseStatus?.code ?? 0,
      at: requestReceivedTimestamp,
    });
  }
  return [...calls.values()].sort((left, right) => left.at.localeCompare(right.at));
}

/** The name of the token in a kubeconfig of a ServiceAccount, as the audit log has it. */
export function credentialOf(kubeconfigPath: string): string {
  const [, claims = ''] = readKubeconfig(kubeconfigPath).token.split('.');
  return `JTI=${z.object({ jti: z.string() }).parse(JSON.parse(Buffer.from(claims, 'base64url').toString())).jti}`;
}
